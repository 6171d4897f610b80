"""What stands in the window: session, workers, views, menus and dialogs, tied together after the first paint."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QStackedWidget, QWidget

from negnn_gui.app import dialogs
from negnn_gui.app.actions import Actions
from negnn_gui.app.controller import Controller
from negnn_gui.app.desk import Desk
from negnn_gui.app.drops import DropTarget
from negnn_gui.app.evidence import Evidence
from negnn_gui.app.file_choices import FileChoices
from negnn_gui.app.jobs import any_stuck
from negnn_gui.app.linked_views import LinkedViews
from negnn_gui.app.main_window import MainWindow
from negnn_gui.app.picture_export import PictureExport
from negnn_gui.app.screening.desk import ScreeningDesk
from negnn_gui.app.session_files import SessionFiles
from negnn_gui.app.views.site_sentence import site_sentence
from negnn_gui.app.views.status import StatusBar
from negnn_gui.app.views.welcome import Welcome

if TYPE_CHECKING:
    from negnn_gui.app.jobs import LoadedModels
    from negnn_gui.app.picture_job import Shown
    from negnn_gui.results import SiteRef

logger = logging.getLogger(__name__)


class Workbench(QObject):
    """Fills a window that has been painted, and empties it when it closes.

    ``furnished`` comes once the views stand and both workers run. ``joined`` says after closing whether the workers
    could be joined.
    """

    furnished = Signal()

    def __init__(self, window: MainWindow, controller: Controller) -> None:
        super().__init__(window)
        self.window = window
        self.controller = controller
        self.session = controller.session
        self.preferences = window.preferences
        self.theme = window.theme
        self.docks = window.docks
        self.joined = True
        self.status = StatusBar()
        window.setStatusBar(self.status)
        self.welcome = Welcome()
        self._pages = {
            "crystal": self._stack("crystal", self.welcome),
            "structures": self._stack("structures", self.docks.release("structures")),
        }
        self.drops = DropTarget(window)
        self.files = FileChoices(window, controller, window.preferences)
        self.screening = ScreeningDesk(self)
        self.pictures = PictureExport(window, window.preferences)
        self.desk = Desk(self)
        self.evidence = Evidence(self)
        self.sessions = SessionFiles(self)
        self.menus = Actions(self)
        self.views = LinkedViews(controller, self._place, self)
        self.desk.link()
        self._connect()
        self._show_recent()
        controller.start_files()

    def _connect(self) -> None:
        window, controller, session = self.window, self.controller, self.session
        window.closing.connect(self._shut_down)
        window.escaped.connect(self.clear_selection)
        self.drops.files_dropped.connect(controller.open_paths)
        self.drops.text_dropped.connect(controller.open_text)
        self.files.said.connect(self.status.say)
        self.files.problem.connect(self.show_problem)
        self.pictures.said.connect(self.status.say)
        self.pictures.problem.connect(self.show_problem)
        self.welcome.browse_wanted.connect(self.files.open_files)
        self.welcome.open_wanted.connect(controller.open_paths)
        self.status.cancel_wanted.connect(controller.cancel)
        self.preferences.recent_changed.connect(self._show_recent)
        controller.activity_changed.connect(self.status.set_activity)
        controller.device_changed.connect(self.status.set_device)
        controller.notice.connect(self.status.say)
        controller.said.connect(self.status.say)
        controller.problem.connect(self.show_problem)
        controller.exported.connect(self._on_exported)
        controller.models_changed.connect(self._on_models)
        controller.libraries_loaded.connect(self.views.make)
        session.entries_changed.connect(self._show_pages)
        session.read_failures_changed.connect(self._show_pages)
        session.selection_changed.connect(self._on_selection)
        self.menus.atlases.chosen.connect(self.views.use_atlas)
        self.menus.atlases.chosen.connect(lambda atlas, _reason: self.menus.offer_atlas(atlas is not None))
        self.views.hovered.connect(self._on_hovered)
        self.views.said.connect(self.status.say)
        self.views.card_wanted.connect(self.show_model_card)
        self.views.ready.connect(self._on_views_ready)

    # --- filling and emptying -----------------------------------------------------------------------

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
        if self.views.crystal is not None:
            self.menus.offer_selecting(self.views.crystal.select_menu)
        self.controller.start_predictor()
        self.furnished.emit()

    def _shut_down(self) -> None:
        """Cancel, join the workers, then let VTK go: a worker must never outlive what it reports to."""
        self.sessions.before_closing()
        self.pictures.cancel()
        ended = [desk.shutdown() for desk in (self.evidence, self.screening, self.controller)]
        self.menus.atlases.finalise()
        self.sessions.finish(joined=all(ended))
        self.views.finalise()
        self.joined = all(ended) and not any_stuck()

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
        self.pictures.ask(self._shown_crystals())

    def copy_image(self) -> None:
        """Put a picture of the crystal on the clipboard."""
        self.pictures.copy(self._shown_crystals())

    def _shown_crystals(self) -> Shown | None:
        return None if self.views.crystal is None else self.views.crystal.comparison.shown()

    def export_scene(self) -> None:
        """Save the bodies of the crystals that are shown for other programs."""
        self.pictures.ask_for_scene(self._shown_crystals())

    def show_atlas(self, wanted: bool) -> None:
        """Show the known sites on the map, or not."""
        self.views.show_atlas(wanted)

    def look(self, view: str) -> None:
        """See the crystal along a, b, c, a*, b*, c* or as at the start."""
        if self.views.canvas is not None:
            self.views.canvas.look(view)

    def close_chosen(self) -> None:
        """Close what is highlighted in the list, else the structure that is shown."""
        listed = self.views.structures
        if listed.chosen_ids() or listed.chosen_failures():
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

    def reset_docks(self) -> None:
        """Bring every dock back to its first place."""
        self.docks.reset()

    # --- what is said -------------------------------------------------------------------------------

    def show_about(self) -> None:
        """What this program is."""
        self._open(dialogs.about(self.window))

    def show_log(self) -> None:
        """The end of the log."""
        self._open(dialogs.log_window(self.window))

    def show_model_card(self) -> None:
        """The card of the model in use."""
        if (models := self.controller.models) is not None:
            self._open(dialogs.model_card(self.window, models.model_id or models.encoder_id, models.card))

    def show_problem(self, sentence: str) -> None:
        """Something the user asked for did not work."""
        self._open(dialogs.problem(self.window, sentence))

    def show_error(self, sentence: str, report: str) -> None:
        """An error nobody caught; one dialog at a time."""
        if self.window.findChild(QDialog, "error-report") is None:
            box = dialogs.error_report(self.window, sentence, report)
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

    def _on_models(self, models: LoadedModels) -> None:
        self.menus.offer_atlas(models.atlas is not None)
        self.menus.atlases.set_models(models)

    def _on_exported(self, path: Path) -> None:
        self.status.say(f"Saved {path}")

    def _on_selection(self, sites: frozenset[SiteRef]) -> None:
        self.status.set_selected(len(sites))

    def _on_hovered(self, site: SiteRef | None) -> None:
        entry = None if site is None else self.session.entries.get(site.entry_id)
        if site is None or entry is None:
            self.status.hint("")
            return
        self.status.hint(site_sentence(entry, site.site_index, self.session.analysis(entry.id)))
