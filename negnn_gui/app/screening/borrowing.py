"""A screening predicts with the models the window has loaded, on the one thread that owns the device."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from negnn_gui.app.jobs import Borrow, PredictionWorker
from negnn_gui.screening.predicting import CancelledError
from negnn_gui.screening.request import ScreeningError

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import PredictionFailure, Predictor
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

_LOOK_EVERY_S = 0.1


class BorrowedPredictor:
    """What a run asks of a ``Predictor``; single structures the user opens meanwhile come between its batches.

    Raises
    ------
    ScreeningError
        The models cannot be loaded.
    CancelledError
        ``cancelled()`` said so before they were.
    """

    def __init__(self, worker: PredictionWorker, cancelled: Callable[[], bool]) -> None:
        self._worker = worker
        self._cancelled = cancelled
        self.encoder, self.model, self.device = self._ask(lambda p: (p.encoder, p.model, p.device))

    def predict(
        self,
        entries: Sequence[StructureEntry],
        *,
        highest_level: int | None = None,
        cancelled: Callable[[], bool],
        notify: Callable[[str], None],
    ) -> Iterator[Analysis | PredictionFailure]:
        """Analyses in the order of ``entries``; fewer where ``cancelled()`` says so."""

        def work(predictor: Predictor) -> list[Analysis | PredictionFailure]:
            if (predictor.encoder, predictor.model) != (self.encoder, self.model):
                raise ScreeningError("the model was changed meanwhile; choose the former one to go on")
            return list(
                predictor.predict(entries, highest_level=highest_level, cancelled=cancelled, notify=notify)
            )

        yield from self._ask(work)

    def _ask(self, work: Callable[[Predictor], Any]) -> Any:
        answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._worker.submit(
            Borrow(
                lambda predictor: answers.put(("", work(predictor))),
                lambda reason: answers.put((reason, None)),
            )
        )
        while True:
            try:
                reason, answer = answers.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                if self._cancelled() or self._worker.isFinished():
                    raise CancelledError from None
                continue
            if reason:
                raise ScreeningError(reason)
            return answer
