"""What can be done, as menu entries, tool buttons and shortcuts; each does nothing but call the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QComboBox, QLabel, QMenu, QToolButton

from negnn_gui.app.action_catalogue import CHANGING
from negnn_gui.app.atlas_menu import AtlasMenu
from negnn_gui.app.edit_menu import EditActions
from negnn_gui.app.icons import line_icon
from negnn_gui.app.preferences import APPEARANCES
from negnn_gui.app.views.level_picker import LevelPicker

if TYPE_CHECKING:
    from negnn_gui.app.scene.colouring import Colouring
    from negnn_gui.app.workbench import Workbench

Keys = QKeySequence.StandardKey
_VIEWS = {"a": "1", "b": "2", "c": "3", "a*": "Shift+1", "b*": "Shift+2", "c*": "Shift+3", "standard": "="}


class Actions(QObject):
    """Menus and toolbar of the window."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._window = bench.window
        make = self._make
        self.open_files = make("&Open…", bench.files.open_files, "open", Keys.Open, "Open structure files")
        self.open_folder = make("Open &folder…", bench.files.open_folder, None, "Ctrl+Shift+O")
        self.paste = make(
            "&Paste structure", bench.paste, "paste", Keys.Paste, "Open the CIF or POSCAR text copied"
        )
        self.predict = make(
            "&Predict", bench.predict, "predict", "Ctrl+R", "Predict what is not predicted yet"
        )
        self.cancel = make("&Cancel", bench.controller.cancel, "cancel", None, "Stop reading and predicting")
        self.export_csv = make(
            "&Sites table…",
            bench.files.save_sites,
            "table",
            "Ctrl+E",
            "Save moments and all else of each site",
        )
        self.export_csv.setObjectName("file/export/sites-csv")  # what keys given to it are kept under
        self.export_image = make("&Image…", bench.export_image, "image", "Ctrl+Shift+E", "Save the 3D view")
        self.export_scene = make(
            "3D &scene (glTF)…",
            bench.export_scene,
            None,
            None,
            "Save the crystal for Blender and other programs",
        )
        self.copy_image = make(
            "Copy &image",
            bench.copy_image,
            None,
            "Ctrl+Shift+C",
            "Put a picture of the 3D view on the clipboard",
        )
        self.close_entry = make("&Close structure", bench.close_chosen, "close", "Ctrl+W")
        self.quit = make("&Quit", bench.window.close, None, "Ctrl+Q")
        self.clear_selection = make("Clear &selection\tEsc", bench.clear_selection)
        self.reset_docks = make("&Reset docks", bench.reset_docks)
        self.about = make("&About", bench.show_about, "info")
        self.show_log = make("Show &log", bench.show_log, "log")
        self.auto_predict = self._make_auto_predict()
        self.atlas = self._make_atlas()
        self.atlases = AtlasMenu(bench)
        self.colour_by = QComboBox()
        self.levels = LevelPicker()
        self.edit = EditActions(bench)
        self._recent = QMenu("&Recent", bench.window)
        self._recent.setProperty(CHANGING, True)
        self._examples = QMenu("E&xamples", bench.window)
        self._examples.setProperty(CHANGING, True)
        self._export = QMenu("&Export", bench.window)
        self._export.addActions([self.export_csv, self.export_image, self.export_scene])
        self._fill_menus()
        self._fill_toolbar()
        session = bench.session
        self.levels.set_levels(session.levels)
        self.levels.levels_chosen.connect(bench.controller.set_levels)
        session.levels_changed.connect(self.levels.set_levels)

    def _make(
        self,
        text: str,
        act: Callable[[], object],
        icon: str | None = None,
        keys: Keys | str | None = None,
        tip: str = "",
    ) -> QAction:
        action = QAction(text, self._window)
        action.triggered.connect(lambda: act())
        if icon is not None:
            action.setIcon(line_icon(icon))
        if keys is not None:
            action.setShortcut(QKeySequence(keys))
        name = text.partition("\t")[0].replace("&", "").rstrip("…")
        shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip or name} ({shortcut})" if shortcut else tip or name)
        action.setIconText(name)
        return action

    def _make_auto_predict(self) -> QAction:
        action = QAction("Predict &after opening", self._window)
        action.setCheckable(True)
        action.setChecked(self._bench.preferences.auto_predict)
        action.toggled.connect(self._bench.set_auto_predict)
        self._bench.preferences.changed.connect(
            lambda name: action.setChecked(self._bench.preferences.auto_predict)
        )
        return action

    def _make_atlas(self) -> QAction:
        action = QAction("A&tlas", self._window)
        action.setCheckable(True)
        action.setToolTip("Show the known magnetic atoms on the map, pale behind yours")
        action.setEnabled(False)  # until the models are loaded, and with them the atlas that fits
        action.toggled.connect(self._bench.show_atlas)
        return action

    def offer_atlas(self, there_is_one: bool) -> None:
        """Switch the atlas on, or off for good where none fits the encoder."""
        self.atlas.setEnabled(there_is_one)
        self.atlas.setChecked(there_is_one)

    def _fill_menus(self) -> None:
        bar = self._window.menuBar()
        file = bar.addMenu("&File")
        file.addActions([self.open_files, self.open_folder])
        file.addMenu(self._examples)
        file.addMenu(self._recent)
        file.addSeparator()
        self._bench.sessions.add_to(file)
        file.addSeparator()
        file.addMenu(self._export)
        file.addSeparator()
        file.addActions([self.close_entry, self.quit])
        self._edit = bar.addMenu("&Edit")
        self.edit.fill(self._edit, self.paste, self.clear_selection)
        self._edit.insertAction(self.edit.duplicate, self.copy_image)
        run = bar.addMenu("&Predict")
        run.addActions([self.predict, self.cancel, self.auto_predict])
        run.addSeparator()
        run.addMenu(self._bench.screening.menu)
        run.addSeparator()
        desk = self._bench.desk
        tip = "What stands on shared or partly empty sites"
        run.addAction(self._make("Choose &ordering…", desk.choose_orderings, None, "Ctrl+Shift+D", tip))
        tip = "Moments of all ordered structures of this one, with mean and spread (μB)"
        run.addAction(self._make("Orderings &table", desk.show_orderings, None, None, tip))
        run.addSeparator()
        tip = "Choose, import, check and remove models, and read their cards"
        run.addAction(self._make("&Models…", desk.show_models, None, "Ctrl+M", tip))
        view = bar.addMenu("&View")
        view.addMenu(self._crystal_menu())
        view.addAction(self.atlas)
        view.addMenu(self.atlases)
        view.addSeparator()
        for dock in self._bench.docks:
            view.addAction(dock.toggleViewAction())
        view.addMenu(self._bench.desk.layouts.menu(view))
        view.addAction(self.reset_docks)
        view.addSeparator()
        view.addMenu(self._appearance_menu())
        self._bench.evidence.tools_menu(bar.addMenu("&Tools"))
        help_ = bar.addMenu("&Help")
        crash = self._make("Report of the last &crash", self._bench.desk.show_crash)
        help_.addActions([self._bench.evidence.report, self.show_log, crash, self.about])

    def _crystal_menu(self) -> QMenu:
        """Views of the crystal; the keys named are those of the 3D view itself, while it has the focus."""
        menu = QMenu("&3D view", self._window)
        for view, keys in _VIEWS.items():
            title = "As at the start" if view == "standard" else f"Along {view}"
            menu.addAction(f"{title}\t{keys}", partial(self._bench.look, view))
        return menu

    def _appearance_menu(self) -> QMenu:
        menu = QMenu("&Appearance", self._window)
        group = QActionGroup(menu)
        titles = dict(zip(APPEARANCES, ("&Follow the system", "&Light", "&Dark"), strict=True))
        for name, title in titles.items():
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(name == self._bench.preferences.appearance)
            action.triggered.connect(lambda _checked=False, name=name: self._bench.set_appearance(name))
            action.setData(name)
            group.addAction(action)
        self._bench.preferences.changed.connect(
            lambda _name: _check_the_one(group, self._bench.preferences.appearance)
        )
        return menu

    def _fill_toolbar(self) -> None:
        bar = self._window.toolbar
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.addAction(self.open_files)
        bar.addWidget(_menu_button("Examples", "example", self._examples))
        bar.addSeparator()
        bar.addAction(self.predict)
        bar.addSeparator()
        label = QLabel(" Colour by ")
        label.setBuddy(self.colour_by)
        bar.addWidget(label)
        self.colour_by.setAccessibleName("Colour by")
        self.colour_by.setToolTip("What the colour of an atom means, in every view")
        self.colour_by.setMinimumContentsLength(20)
        self.colour_by.setEnabled(False)
        bar.addWidget(self.colour_by)
        self.levels.setAccessibleName("Levels of the embedding map")
        bar.addWidget(self.levels)
        bar.addAction(self.atlas)
        bar.addSeparator()
        bar.addWidget(_menu_button("Export", "export", self._export))
        more = bar.findChild(QToolButton, "qt_toolbar_ext_button")
        assert isinstance(more, QToolButton)
        more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        more.setAccessibleName("More tools")
        more.setToolTip("Tools for which the window is too narrow")

    def offer_colourings(self, chosen: Colouring) -> None:
        """Fill "Colour by" (after the first paint: its titles come with NumPy)."""
        from negnn_gui.app.scene.colouring import INFO

        for name, info in INFO.items():
            self.colour_by.addItem(info.label, name)
        self.colour_by.setCurrentIndex(self.colour_by.findData(chosen.property))
        self.colour_by.activated.connect(self._choose_colouring)
        self._bench.session.colouring_changed.connect(
            lambda colouring: self.colour_by.setCurrentIndex(self.colour_by.findData(colouring.property))
        )
        self.colour_by.setEnabled(True)

    def _choose_colouring(self) -> None:
        session = self._bench.session
        chosen = replace(
            session.colouring, property=self.colour_by.currentData(), limits=None, colour_map=None
        )
        self._bench.controller.set_colouring(chosen)

    def offer_selecting(self, menu: QMenu) -> None:
        """Ways to select sites, once there is a 3D view to select in."""
        self._edit.addMenu(menu)

    def set_examples(self, paths: Sequence[Path]) -> None:
        """Offer these examples."""
        self._fill_with_paths(self._examples, paths)

    def set_recent(self, paths: Sequence[Path]) -> None:
        """Offer these files again."""
        self._fill_with_paths(self._recent, paths)
        if paths:
            self._recent.addSeparator()
            self._recent.addAction("Clear list", self._bench.preferences.clear_recent)

    def _fill_with_paths(self, menu: QMenu, paths: Sequence[Path]) -> None:
        menu.clear()
        menu.setEnabled(bool(paths))
        for path in paths:
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(
                lambda _checked=False, path=path: self._bench.controller.open_paths([path])
            )
        menu.setToolTipsVisible(True)


def _menu_button(text: str, icon: str, menu: QMenu) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setIcon(line_icon(icon))
    button.setMenu(menu)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAccessibleName(text)
    button.setToolTip(f"{text}: opens a menu; the File menu has the same")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _check_the_one(group: QActionGroup, data: str) -> None:
    for action in group.actions():
        action.setChecked(action.data() == data)
