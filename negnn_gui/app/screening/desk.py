"""Screenings in the main window: menu, dialogs, and the window that is made when it is first needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from negnn_gui.app.file_dialogs import ask_for_files, ask_for_folder

if TYPE_CHECKING:
    from negnn_gui.app.screening.screening_window import ScreeningWindow
    from negnn_gui.app.screening.screenings import Screenings
    from negnn_gui.app.workbench import Workbench

_MOST_LISTED = 10


class ScreeningDesk(QObject):
    """Begins screenings and shows their results.

    Nothing of it is loaded before the first use: what it needs (Arrow, NumPy) takes longer than the window may.
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._made: tuple[Screenings, ScreeningWindow] | None = None
        bench.controller.many_found.connect(self.offer)
        self.menu = QMenu("&Screening", bench.window)
        self.menu.setToolTipsVisible(True)
        act = self._action
        act("Screen &folder…", self._choose_folder, "Ctrl+Shift+R", "Predict every structure below a folder")
        act("Screen f&iles…", self._choose_files, None, "Predict many files, or files of many frames")
        self.menu.addSeparator()
        act(
            "&Open results…",
            self._choose_results,
            None,
            "Show the results of an earlier screening, or go on with it",
        )
        self._recent = self.menu.addMenu("&Earlier screenings")
        self._recent.aboutToShow.connect(self._list_recent)
        self.menu.addSeparator()
        act("&Show window", self.show, "Ctrl+Shift+W", "Show the window of the screening")

    def _action(self, text: str, act: object, keys: str | None, tip: str) -> QAction:
        action = QAction(text, self._bench.window)
        action.triggered.connect(lambda: act())  # type: ignore[operator]
        if keys is not None:
            action.setShortcut(QKeySequence(keys))
        action.setToolTip(tip)
        self.menu.addAction(action)
        return action

    # --- parts made when needed ---------------------------------------------------------------------

    @property
    def screenings(self) -> Screenings:
        """What carries out the intents."""
        return self._make()[0]

    @property
    def window(self) -> ScreeningWindow:
        """The window of the screening."""
        return self._make()[1]

    @property
    def is_made(self) -> bool:
        """Whether there was any use of it yet."""
        return self._made is not None

    def _make(self) -> tuple[Screenings, ScreeningWindow]:
        if self._made is None:
            from negnn_gui.app.screening.screening_window import ScreeningWindow
            from negnn_gui.app.screening.screenings import Screenings

            bench = self._bench
            screenings = Screenings(bench.controller, self)
            screenings.problem.connect(bench.show_problem)
            screenings.said.connect(bench.status.say)
            screenings.notice.connect(bench.status.say)
            window = ScreeningWindow(screenings, bench.window)
            window.dropped.connect(lambda paths: self.offer(paths, ""))
            window.export_wanted.connect(self._export)
            window.elsewhere_wanted.connect(self._go_on_elsewhere)
            self._made = screenings, window
        return self._made

    def shutdown(self) -> bool:
        """Stop and join what runs; False where a thread is stuck."""
        if self._made is None:
            return True
        self._made[1].close()
        return self._made[0].shutdown()

    # --- intents ------------------------------------------------------------------------------------

    def show(self) -> None:
        """Bring the window to the front."""
        window = self.window
        window.show()
        window.raise_()
        window.activateWindow()

    def offer(self, paths: list[Path], found: str) -> None:
        """Ask how to screen these files; ``found`` says how many there are, where that is known."""
        from negnn_gui.app.screening.new_screening import NewScreening

        dialog = NewScreening(list(paths), found, self._bench.preferences, self._bench.window)
        dialog.begun.connect(self.begin)
        dialog.open_all_wanted.connect(self._bench.controller.open_all)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def begin(self, request: object) -> None:
        """Start a screening and show it."""
        self.screenings.begin(request)  # type: ignore[arg-type]
        self.show()

    def open_results(self, folder: Path) -> None:
        """Show the results in a folder."""
        if self.screenings.show_store(folder):
            self.show()

    def _choose_folder(self) -> None:
        bench = self._bench

        def take(folder: Path) -> None:
            bench.preferences.folder = str(folder)
            self.offer([folder], "")

        ask_for_folder(bench.window, "Screen a folder", bench.preferences.folder, take)

    def _choose_files(self) -> None:
        bench = self._bench

        def take(paths: list[Path]) -> None:
            bench.preferences.folder = str(paths[0].parent)
            self.offer(paths, "")

        ask_for_files(bench.window, "Screen files", bench.preferences.folder, take)

    def _choose_results(self) -> None:
        from negnn_gui.app.screening.new_screening import screenings_folder

        start = str(screenings_folder())
        ask_for_folder(self._bench.window, "Folder of the results", start, self.open_results)

    def _list_recent(self) -> None:
        from negnn_gui.app.screening.new_screening import screenings_folder
        from negnn_gui.screening.result_store import is_store

        self._recent.clear()
        folder = screenings_folder()
        found = [path for path in folder.iterdir() if is_store(path)] if folder.is_dir() else []
        found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in found[:_MOST_LISTED]:
            action = self._recent.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(lambda _checked=False, path=path: self.open_results(path))
        if not found:
            self._recent.addAction("None yet").setEnabled(False)

    def _export(self) -> None:
        from negnn_gui.app.screening.exporting import ExportDialog

        dialog = ExportDialog(self.window, self._bench.preferences)
        dialog.wanted.connect(self.screenings.export)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _go_on_elsewhere(self) -> None:
        from negnn_gui.app.screening.computing_place import GoOnElsewhere

        dialog = GoOnElsewhere(self._bench.preferences, self.screenings.state.cluster, self.window)
        dialog.chosen.connect(self.screenings.go_on_at)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
