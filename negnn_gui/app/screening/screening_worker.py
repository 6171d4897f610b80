"""The thread that runs a screening: it can be paused, cancelled and gone on with."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import Any

from PySide6.QtCore import QObject, Signal

from negnn_gui.app.jobs import PredictionWorker, Worker
from negnn_gui.app.screening.borrowing import BorrowedPredictor
from negnn_gui.screening.cluster import Cluster
from negnn_gui.screening.model_choice import ModelChoice
from negnn_gui.screening.predicting import CancelledError
from negnn_gui.screening.store_run import StoreRequest, StoreRun

_TURN_S = 0.0002


class ScreeningWorker(Worker):
    """Serves one :class:`StoreRequest` after the other.

    ``stepped`` carries a ``ScreeningProgress``, ``grown`` the number of parts that can be read, ``reported`` a
    ``ScreeningReport``, ``refused`` a sentence saying why a run could not start or go on.
    """

    stepped = Signal(object)
    grown = Signal(int)
    reported = Signal(object)
    refused = Signal(str)

    def __init__(self, predictor: PredictionWorker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._predictor = predictor
        self._may_go_on = threading.Event()
        self._may_go_on.set()

    def run(self) -> None:
        """Serve requests, and let the GUI thread have its turn quickly: painting a table asks for it once a cell."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(_TURN_S)
        try:
            super().run()
        finally:
            sys.setswitchinterval(before)

    def pause(self) -> None:
        """Wait before the next batch."""
        self._may_go_on.clear()

    def go_on(self) -> None:
        """End a pause."""
        self._may_go_on.set()

    def cancel(self) -> None:
        """Give up, also out of a pause."""
        super().cancel()
        self._may_go_on.set()

    def serve(self, request: StoreRequest) -> None:
        """Run it; what is done is on the disk whatever happens."""
        run = StoreRun(
            request,
            self._borrow,
            connect=None if not request.cluster else lambda: self._connect(request.cluster),
            progress=self.stepped.emit,
            committed=self.grown.emit,
            between=self._may_go_on.wait,
            cancelled=self.cancelled,
            notify=self.notice.emit,
        )
        with contextlib.suppress(CancelledError):
            self.reported.emit(run.run())

    def _borrow(self) -> Any:
        return BorrowedPredictor(self._predictor, self.cancelled)

    def _connect(self, address: str) -> Cluster:
        """The cluster, with the models of the window: its workers load those of the same name."""
        here = self._borrow()
        models = ModelChoice((here.model or here.encoder).id, encoder_only=here.model is None)
        return Cluster(address, models, cancelled=self.cancelled, notify=self.notice.emit)

    def refuse(self, request: StoreRequest, reason: str) -> None:
        """Say why a run ended."""
        self.refused.emit(reason)
