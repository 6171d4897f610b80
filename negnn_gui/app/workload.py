"""What the two workers have to do and have done, counted for the status bar and the sidecar of an export."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from negnn_gui.app.activity import Activity, elapsed


class Workload:
    """Book-keeping of the controller: requests of the file worker, and answers of the predictor.

    Attributes
    ----------
    started : str
        When the first prediction was asked for: UTC, ISO 8601; "" before.
    """

    def __init__(self) -> None:
        self.started = ""
        self._file_requests: dict[int, str] = {}  # number -> verb
        self._read = (0, 0)
        self._answered = 0
        self._began: float | None = None
        self._past_s = 0.0

    # --- files --------------------------------------------------------------------------------------

    @property
    def has_files(self) -> bool:
        """Whether anything is being read or written."""
        return bool(self._file_requests)

    def begin_files(self, number: int, verb: str) -> None:
        """A request went to the file worker."""
        self._file_requests[number] = verb

    def note_read(self, done: int, total: int) -> None:
        """So many files of the present request were read."""
        self._read = (done, total)

    def end_files(self, number: int) -> None:
        """A request of the file worker has ended."""
        self._file_requests.pop(number, None)
        self._read = (0, 0)

    # --- predictions --------------------------------------------------------------------------------

    @property
    def predicting_s(self) -> float:
        """Seconds spent predicting so far."""
        return self._past_s + self._stretch_s

    @property
    def _stretch_s(self) -> float:
        return 0.0 if self._began is None else time.monotonic() - self._began

    def begin_prediction(self) -> None:
        """Work for the predictor has come; the clock starts, unless it runs already."""
        self.started = self.started or datetime.now(UTC).isoformat(timespec="seconds")
        if self._began is None:
            self._began = time.monotonic()

    def models_loaded(self) -> None:
        """Loading is over: the rate counts from now."""
        if self._began is not None:
            self._began = time.monotonic()

    def count_answer(self) -> None:
        """One more structure was predicted, or could not be."""
        self._answered += 1

    def end_prediction(self) -> str:
        """The predictor has nothing left to do: a sentence about what it did, or ""."""
        sentence = ""
        if self._answered:
            structures = "1 structure" if self._answered == 1 else f"{self._answered:,} structures"
            sentence = f"Predicted {structures} in {elapsed(self._stretch_s)}."
        self._past_s += self._stretch_s
        self._answered, self._began = 0, None
        return sentence

    # --- both ---------------------------------------------------------------------------------------

    def activity(self, *, waiting: int, predictor_busy: bool, has_models: bool) -> Activity | None:
        """What to show: predicting comes before reading, because it takes longer.

        Parameters
        ----------
        waiting : int
            Structures that will be predicted.
        predictor_busy : bool
            Whether the predictor has a request, if only to load the models or to find that it was cancelled.
        """
        if waiting and has_models:
            return Activity("Predicting", self._answered, self._answered + waiting, self._stretch_s)
        if waiting:
            return Activity("Loading the models")
        if self._file_requests:
            verb = next(iter(self._file_requests.values()))
            return Activity(verb, *self._read, noun="files", can_cancel=verb == "Reading")
        if predictor_busy:
            return Activity("Stopping" if has_models else "Loading the models", can_cancel=False)
        return None
