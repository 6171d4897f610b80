"""Which atlas the atoms are compared with: the menu that switches between them and makes new ones."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from negnn_gui.app import dialogs
from negnn_gui.app.activity import Activity
from negnn_gui.app.file_dialogs import ask_for_folder, ask_for_name

if TYPE_CHECKING:
    from negnn_gui.analysis.atlas import Atlas
    from negnn_gui.app.jobs import LoadedModels
    from negnn_gui.app.views.embedding_map_fits import Fit, FitWorker
    from negnn_gui.app.workbench import Workbench

logger = logging.getLogger(__name__)

_JOIN_S = 10.0
_MAKING = "Making the atlas"


class AtlasMenu(QMenu):
    """Lists the atlases each time it opens.

    ``chosen`` carries the atlas in use or None, and the reason where one was refused.
    """

    chosen = Signal(object, str)

    def __init__(self, bench: Workbench) -> None:
        super().__init__("&Known sites", bench.window)
        self._bench = bench
        self._models: LoadedModels | None = None
        self._current = ""
        self._worker: FitWorker | None = None
        self._asked: Fit | None = None
        self._asked_name = ""
        self._making, self._number = False, 0
        self.setToolTipsVisible(True)
        self.aboutToShow.connect(self._fill)

    def set_models(self, models: LoadedModels) -> None:
        """Begin with the atlas chosen last, if it still fits; else with the shipped one."""
        self._models = models
        self._current = "shipped" if models.atlas is not None else ""
        wanted = self._bench.preferences.atlas
        if wanted and wanted != "shipped":
            self.use(wanted)

    def use(self, name: str) -> None:
        """Switch to the atlas of a name, or in a folder; the one in use stays where it is refused."""
        from negnn_gui.analysis.atlas_files import AtlasError
        from negnn_gui.analysis.atlas_library import find_atlas
        from negnn_gui.app.atlas_jobs import LoadAtlas
        from negnn_gui.results import ModelRef

        if self._models is None:
            return
        try:
            info = find_atlas(name)
        except AtlasError as error:
            self._refuse(str(error))
            return
        self._submit(
            LoadAtlas(info.folder, ModelRef(self._models.encoder_id, self._models.encoder_sha256)), name
        )

    def make(self, name: str) -> None:
        """Make an atlas of everything that is open and predicted, and switch to it."""
        from negnn_gui.analysis.atlas_files import AtlasError
        from negnn_gui.analysis.atlas_library import folder_for
        from negnn_gui.analysis.sites import analysed
        from negnn_gui.app.atlas_jobs import MakeAtlas

        try:
            folder = folder_for(name)
            if folder.exists():
                raise AtlasError(f"there is an atlas called {name} already: choose another name")
        except AtlasError as error:
            self._refuse(str(error))
            return
        session = self._bench.session
        self._submit(MakeAtlas(folder, name, tuple(analysed(session.entries, session.analyses))), name)
        self._bench.status.set_activity(Activity(_MAKING))

    def finalise(self) -> None:
        """Stop the thread, before the window goes."""
        if self._worker is not None and not self._worker.close(_JOIN_S):
            logger.warning("an atlas was still being read when the window closed")
        self._worker = None

    # --- the menu -----------------------------------------------------------------------------------

    def _fill(self) -> None:
        from negnn_gui.analysis.atlas_library import list_atlases

        self.clear()
        group = QActionGroup(self)
        infos = list_atlases()
        for info in infos:
            heading = info.heading
            title = f"{info.id}, {heading.sites:,} sites" if heading is not None else f"{info.id} (unusable)"
            action = self.addAction(title.replace("&", "&&").capitalize() if info.id == "shipped" else title)
            action.setCheckable(True)
            action.setChecked(info.id == self._current)
            action.setToolTip(
                info.problem or f"{info.folder}\nencoder: {heading.encoder.id if heading else ''}"
            )
            action.triggered.connect(lambda _checked=False, name=info.id: self.use(name))
            group.addAction(action)
        if self._current and self._current not in {info.id for info in infos}:
            action = self.addAction(Path(self._current).name)
            action.setCheckable(True)
            action.setChecked(True)
            group.addAction(action)
        self.addSeparator()
        self.addAction("Choose a &folder…", self._ask_folder).setToolTip("Use an atlas that lies in a folder")
        make = self.addAction("&Make one of the open structures…", self._ask_name)
        make.setToolTip("Keep the predicted structures as known sites, with the moments their files carry")
        make.setEnabled(bool(self._bench.session.analyses))
        about = self.addAction("&About this atlas", self._show_card)
        about.setEnabled(bool(self._current))

    def _ask_folder(self) -> None:
        ask_for_folder(
            self._bench.window,
            "Choose the folder of an atlas",
            self._bench.preferences.folder,
            lambda folder: self.use(str(folder)),
        )

    def _ask_name(self) -> None:
        ask_for_name(
            self._bench.window,
            "Make an atlas",
            "Name of the new atlas:",
            self.make,
            "Stands under View > Known sites; the atlas holds what is open and predicted",
        )

    def _show_card(self) -> None:
        from negnn_gui.analysis.atlas_library import find_atlas

        info = find_atlas(self._current)
        heading = info.heading
        text = info.card or (
            f"# {heading.name}\n\n{heading.sites:,} sites, encoder `{heading.encoder.id}`. It has no card."
            if heading is not None
            else info.problem
        )
        dialog = dialogs.model_card(self._bench.window, f"Atlas {info.id}", text)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # --- the worker ---------------------------------------------------------------------------------

    def _submit(self, request: Fit, name: str) -> None:
        from negnn_gui.app.atlas_jobs import MakeAtlas

        if self._worker is None:
            from negnn_gui.app.views.embedding_map_fits import FitWorker

            queued = Qt.ConnectionType.QueuedConnection
            self._worker = FitWorker()
            self._worker.found.connect(self._on_found, queued)
            self._worker.failed.connect(self._on_failed, queued)
            self._worker.progress.connect(self._on_progress, queued)
            self._worker.ended.connect(self._on_ended, queued)
            self._bench.status.cancel_wanted.connect(self._worker.cancel)
            self._worker.start()
        self._asked, self._asked_name = request, name
        self._making = isinstance(request, MakeAtlas)
        self._number = self._worker.submit(request)

    def _on_progress(self, done: int, total: int) -> None:
        if self._making:
            self._bench.status.set_activity(Activity(_MAKING, done, total))

    def _on_ended(self, number: int) -> None:
        """Nothing runs any more; where neither an atlas nor a reason came, it was given up."""
        if number != self._number or not self._making:
            return
        self._making = False
        if not self._bench.controller.busy:  # else what it does is shown again with its next step
            self._bench.status.set_activity(None)
        if self._asked is not None:
            self._asked = None
            self._bench.status.say(f"The atlas {self._asked_name} was not made.")

    def _on_found(self, request: Fit, atlas: Atlas) -> None:
        if request is not self._asked:
            return
        self._asked, self._current = None, self._asked_name
        self._bench.preferences.atlas = self._current
        self._bench.status.say(f"Comparing with the atlas {self._current}, {len(atlas):,} sites.")
        self.chosen.emit(atlas, "")

    def _on_failed(self, request: Fit, reason: str) -> None:
        if request is self._asked:
            self._asked = None
            self._refuse(reason)

    def _refuse(self, reason: str) -> None:
        self._bench.show_problem(reason[:1].upper() + reason[1:] + ("" if reason.endswith(".") else "."))
