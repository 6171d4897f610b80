"""How a screening stands, and what the window says about it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from negnn_gui.app.activity import duration
from negnn_gui.app.views.site_text import count_text
from negnn_gui.screening.request import ScreeningProgress


class Stage(Enum):
    """What is going on."""

    NONE = "none"
    LISTING = "listing"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"


@dataclass(frozen=True)
class ScreeningState:
    """A snapshot.

    Attributes
    ----------
    folder : Path or None
        The store.
    progress : ScreeningProgress or None
        None until it is known.
    rate, files_rate : float or None
        Structures and files a second of this run; None until they can be told.
    reason : str
        Why it stopped, where something went wrong.
    cluster : str
        Address of the scheduler whose workers compute; "" for this computer.
    """

    stage: Stage = Stage.NONE
    folder: Path | None = None
    progress: ScreeningProgress | None = None
    rate: float | None = None
    files_rate: float | None = None
    reason: str = ""
    cluster: str = ""

    @property
    def is_busy(self) -> bool:
        """Whether a run is at work, waits or is about to stop."""
        return self.stage in (Stage.LISTING, Stage.RUNNING, Stage.PAUSED, Stage.STOPPING)

    @property
    def counts(self) -> str:
        """Such as "4,212 of 5,000 files · 4,130 structures · 82 failed"."""
        if self.progress is None:
            return ""
        p = self.progress
        return (
            f"{p.files_done:,} of {count_text(p.files_total, 'file')} · {count_text(p.structures, 'structure')} · "
            f"{count_text(p.sites, 'site')} · {p.failures:,} failed"
        )

    @property
    def pace(self) -> str:
        """Such as "61 structures/s, 13 s left"; what it does where it does not run."""
        match self.stage:
            case Stage.LISTING:
                where = f"connecting to {self.cluster}" if self.cluster else "loading the models"
                return f"Listing the files and {where}…"
            case Stage.PAUSED:
                return "Paused"
            case Stage.STOPPING:
                return "Stopping after this batch…"
            case Stage.STOPPED:
                return self.reason or "Stopped; it can go on from here"
            case Stage.DONE:
                return "Finished"
            case Stage.NONE:
                return ""
        if not self.rate or not self.files_rate or self.progress is None:
            return f"Waiting for the workers of {self.cluster}…" if self.cluster else "Reading…"
        left = (self.progress.files_total - self.progress.files_done) / self.files_rate
        rate = f"{self.rate:,.0f}" if self.rate >= 10 else f"{self.rate:.1f}"
        where = f" on {self.cluster}" if self.cluster else ""
        return f"{rate} structures/s{where}, {duration(left)} left"


class Pace:
    """Structures and files a second since a run began, pauses left out."""

    def __init__(self) -> None:
        self._first: ScreeningProgress | None = None
        self._began = 0.0
        self._paused: float | None = None

    def pause(self) -> None:
        """The clock stands still."""
        self._paused = time.monotonic()

    def go_on(self) -> None:
        """The clock goes on."""
        if self._paused is not None:
            self._began += time.monotonic() - self._paused
            self._paused = None

    def step(self, state: ScreeningState, progress: ScreeningProgress) -> ScreeningState:
        """The state with new counts."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._began = progress, now
        seconds = now - self._began
        if seconds <= 0 or progress.files_done == self._first.files_done:
            return replace(state, progress=progress)
        return replace(
            state,
            progress=progress,
            rate=(progress.structures - self._first.structures) / seconds,
            files_rate=(progress.files_done - self._first.files_done) / seconds,
        )
