"""The window: it stands at once with placeholders, is filled after the first paint, and closes in order."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QDialog, QMainWindow, QStackedWidget, QToolBar, QWidget

from negnn_gui.app.controller import Controller
from negnn_gui.app.docks import Docks
from negnn_gui.app.drops import DropTarget
from negnn_gui.app.linked_views import LinkedViews
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.theme import Theme
from negnn_gui.app.views.status import StatusBar
from negnn_gui.app.views.welcome import Welcome

if TYPE_CHECKING:
    from negnn_gui.app.actions import Actions
    from negnn_gui.app.file_choices import FileChoices
    from negnn_gui.results import SiteRef

logger = logging.getLogger(__name__)

_FIRST_SIZE = (1360, 860)


class MainWindow(QMainWindow):
    """Docks, menus and status bar around one controller.

    ``painted`` comes once, after the first paint; ``furnished`` once the views stand and the workers run;
    ``closed`` when the workers have been joined and VTK is gone.
    """

    menus: Actions  # made, like ``files``, right after the first paint
    files: FileChoices

    painted = Signal()
    furnished = Signal()
    closed = Signal()

    def __init__(self, controller: Controller, preferences: Preferences, theme: Theme) -> None:
        super().__init__()
        self.controller = controller
        self.session = controller.session
        self.preferences = preferences
        self.theme = theme
        self.joined = True
        self._first_paint_done = False
        self.setWindowTitle("negnn-gui")
        self.resize(*_FIRST_SIZE)
        self.welcome = Welcome()
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self.docks = Docks(self)
        self.views = LinkedViews(controller, self._place, self)
        self._pages = {
            "crystal": self._stack("crystal", self.welcome),
            "structures": self._stack("structures", self.docks.release("structures")),
        }
        self.toolbar = QToolBar("Tools", self)
        self.toolbar.setObjectName("toolbar")
        self.addToolBar(self.toolbar)
        self.drops = DropTarget(self)
        self._connect()
        if (layout := preferences.layout) is not None:
            self.restoreGeometry(layout[0])
            self.restoreState(layout[1])

    def _connect(self) -> None:
        controller, session = self.controller, self.session
        self.drops.files_dropped.connect(controller.open_paths)
        self.drops.text_dropped.connect(controller.open_text)
        self.welcome.open_wanted.connect(controller.open_paths)
        self.status.cancel_wanted.connect(controller.cancel)
        controller.activity_changed.connect(self.status.set_activity)
        controller.device_changed.connect(self.status.set_device)
        controller.notice.connect(self._on_notice)
        controller.said.connect(self.status.say)
        controller.problem.connect(self.show_problem)
        controller.exported.connect(self._on_exported)
        session.entries_changed.connect(self._show_pages)
        session.read_failures_changed.connect(self._show_pages)
        session.selection_changed.connect(self._on_selection)
        self.views.hovered.connect(self._on_hovered)
        self.views.card_wanted.connect(self.show_model_card)
        self.views.ready.connect(self._on_views_ready)

    # --- first paint, filling, closing --------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Notice the first paint."""
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._first_paint_done:
            self._first_paint_done = True
            QTimer.singleShot(0, self._on_first_paint)
        return handled

    def _on_first_paint(self) -> None:
        self.painted.emit()
        self._make_menus()
        self.views.make_lists()
        self.controller.libraries_loaded.connect(self.views.make)
        self.controller.start_files()

    def _make_menus(self) -> None:
        from negnn_gui.app.actions import Actions
        from negnn_gui.app.file_choices import FileChoices

        self.files = FileChoices(self, self.controller, self.preferences)
        self.files.said.connect(self.status.say)
        self.files.problem.connect(self.show_problem)
        self.welcome.browse_wanted.connect(self.files.open_files)
        self.menus = Actions(self)
        self.preferences.recent_changed.connect(self._show_recent)
        self._show_recent()

    def _place(self, name: str, view: QWidget) -> None:
        if name in self._pages:
            self._pages[name].addWidget(view)
            self._show_pages()
        else:
            self.docks.fill(name, view)

    def _stack(self, name: str, first_page: QWidget) -> QStackedWidget:
        """A dock with two pages: one while it is empty, and the view that comes later."""
        pages = QStackedWidget()
        pages.addWidget(first_page)
        self.docks.fill(name, pages)
        return pages

    def _on_views_ready(self) -> None:
        from negnn_gui.structures.expand import example_paths

        examples = example_paths()
        self.menus.set_examples(examples)
        self.welcome.set_examples(examples)
        self.menus.offer_colourings(self.session.colouring)
        self.controller.start_predictor()
        self.furnished.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, where no view had another use for it, clears the selection."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear_selection()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Cancel, join the workers, then let VTK go: a worker must never outlive what it reports to."""
        self.preferences.save_layout(self.saveGeometry(), self.saveState())
        self.joined = self.controller.shutdown()
        self.views.finalise()
        event.accept()
        self.closed.emit()

    # --- what the user asks for ---------------------------------------------------------------------

    def paste(self) -> None:
        """Open what the clipboard holds: copied files, or the text of a structure."""
        copied = QGuiApplication.clipboard().mimeData()
        if copied is None or not self.drops.take(copied):
            self.status.say("The clipboard holds neither files nor the text of a structure.")

    def predict(self) -> None:
        """Predict whatever is open and not predicted."""
        waiting = self.controller.unpredicted()
        if not waiting:
            self.status.say(
                "Everything that is open has been predicted; right-click a structure to do it again."
            )
        self.controller.predict(waiting)

    def export_image(self) -> None:
        """Save a picture of the crystal."""
        self.files.save_image(self.views.canvas)

    def look(self, view: str) -> None:
        """See the crystal along a, b, c, a*, b*, c* or as at the start."""
        if self.views.canvas is not None:
            self.views.canvas.look(view)

    def close_chosen(self) -> None:
        """Close what is highlighted in the list, else the structure that is shown."""
        listed = self.views.structures
        if listed is not None and (listed.chosen_ids() or listed.chosen_failures()):
            listed.close_chosen()
        elif self.session.current is not None:
            self.controller.close_entries([self.session.current.id])

    def clear_selection(self) -> None:
        """Select nothing."""
        self.controller.select(frozenset())

    def set_auto_predict(self, wanted: bool) -> None:
        """Predict structures as they are opened, or only when asked."""
        self.preferences.auto_predict = wanted

    def set_appearance(self, appearance: str) -> None:
        """Follow the system's light or dark, or choose one."""
        self.preferences.appearance = appearance
        self.theme.set_appearance(appearance)

    def reset_docks(self) -> None:
        """Bring every dock back to its first place."""
        self.docks.reset()

    # --- what is said -------------------------------------------------------------------------------

    def show_about(self) -> None:
        """What this program is."""
        from negnn_gui.app.dialogs import about

        self._open(about(self))

    def show_log(self) -> None:
        """The end of the log."""
        from negnn_gui.app.dialogs import log_window

        self._open(log_window(self))

    def show_model_card(self) -> None:
        """The card of the model in use."""
        from negnn_gui.app.dialogs import model_card

        if (models := self.controller.models) is not None:
            self._open(model_card(self, models.model_id or models.encoder_id, models.card))

    def show_problem(self, sentence: str) -> None:
        """Something the user asked for did not work."""
        from negnn_gui.app.dialogs import problem

        self._open(problem(self, sentence))

    def show_error(self, sentence: str, report: str) -> None:
        """An error nobody caught; one dialog at a time."""
        from negnn_gui.app.dialogs import error_report

        if self.findChild(QDialog, "error-report") is None:
            box = error_report(self, sentence, report)
            box.setObjectName("error-report")
            self._open(box)

    def _open(self, dialog: QDialog) -> None:
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # --- session and controller -> window -----------------------------------------------------------

    def _show_pages(self) -> None:
        is_open = bool(self.session.entries)
        wanted = {"crystal": is_open, "structures": is_open or bool(self.session.read_failures)}
        for name, pages in self._pages.items():
            pages.setCurrentIndex(pages.count() - 1 if wanted[name] else 0)

    def _show_recent(self) -> None:
        recent = self.preferences.recent
        self.menus.set_recent(recent)
        self.welcome.set_recent(recent)

    def _on_notice(self, text: str) -> None:
        self.status.say(text)

    def _on_exported(self, path: Path) -> None:
        self.status.say(f"Saved {path}")

    def _on_selection(self, sites: frozenset[SiteRef]) -> None:
        self.status.set_selected(len(sites))

    def _on_hovered(self, site: SiteRef | None) -> None:
        entry = None if site is None else self.session.entries.get(site.entry_id)
        if site is None or entry is None:
            self.status.hint("")
            return
        from negnn_gui.app.views.site_sentence import site_sentence

        self.status.hint(site_sentence(entry, site.site_index, self.session.analysis(entry.id)))
