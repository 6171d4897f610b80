"""What becomes of a batch of frames: each structure is predicted, each failure keeps its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from negnn_gui.screening.batches import Batch
from negnn_gui.screening.reading import Failure
from negnn_gui.screening.request import STANDARD_INPUT

if TYPE_CHECKING:
    from negnn_gui.inference.predictor import Predictor
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

Outcome: TypeAlias = "tuple[StructureEntry, Analysis] | Failure"
"""A structure with what was computed for it, or why there is nothing."""


class CancelledError(Exception):
    """The run was given up in the middle of a batch."""


def outcomes(
    batch: Batch,
    predictor: Predictor,
    *,
    highest_level: int,
    cancelled: Callable[[], bool],
    notify: Callable[[str], None],
) -> Iterator[tuple[int, Outcome]]:
    """Number of the file and outcome, for every failure and every structure of a batch in their order.

    The encoder is not run beyond ``highest_level``, unless something else needs it.

    Raises
    ------
    CancelledError
        ``cancelled()`` said so.
    """
    from negnn_gui.analysis.atlas import KNOWN_LEVEL
    from negnn_gui.analysis.known_sites import all_with_nearest_known
    from negnn_gui.inference.predictor import PredictionFailure

    entries = [entry for _, frame in batch.frames for entry in frame.entries]
    levels = max(highest_level, KNOWN_LEVEL)
    found = list(predictor.predict(entries, highest_level=levels, cancelled=cancelled, notify=notify))
    predictions = iter(all_with_nearest_known(found))
    for file, frame in batch.frames:
        if frame.failure is not None:
            yield file, frame.failure
        for entry in frame.entries:
            prediction = next(predictions, None)
            if prediction is None:
                raise CancelledError
            if isinstance(prediction, PredictionFailure):
                yield file, Failure(entry.path or STANDARD_INPUT, entry.frame, prediction.reason)
            else:
                yield file, (entry, prediction)
    if cancelled():
        raise CancelledError
