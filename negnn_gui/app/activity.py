"""How far the work in the background has come, in words for the status bar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Activity:
    """A snapshot of the running work.

    Attributes
    ----------
    verb : str
        "Reading", "Predicting", ...
    done, total : int
        Items; a ``total`` of 0 means that the amount is not known.
    elapsed_s : float
        Seconds since the first item was begun.
    noun : str
        What is counted.
    can_cancel : bool
        Whether Cancel has something to stop.
    """

    verb: str
    done: int = 0
    total: int = 0
    elapsed_s: float = 0.0
    noun: str = "structures"
    can_cancel: bool = True

    @property
    def rate(self) -> float | None:
        """Items a second; None until it can be told."""
        if self.done < 1 or self.elapsed_s < 0.2:
            return None
        return self.done / self.elapsed_s

    @property
    def text(self) -> str:
        """Such as "Predicting: 38 of 412 structures, 61 /s, 6 s left"."""
        if self.total == 0:
            return f"{self.verb}…"
        parts = [f"{self.done:,} of {self.total:,} {self.noun}"]
        if self.rate is not None:
            parts.append(f"{self.rate:,.0f} /s" if self.rate >= 10 else f"{self.rate:.1f} /s")
            if self.done < self.total:
                parts.append(f"{duration((self.total - self.done) / self.rate)} left")
        return f"{self.verb}: {', '.join(parts)}"


def duration(seconds: float) -> str:
    """A rounded time span: "6 s", "4 min", "2 h 10 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def elapsed(seconds: float) -> str:
    """A measured time span: "34 ms", "1.5 s", "4 min"."""
    if seconds < 0.95:
        return f"{max(1, round(1000 * seconds))} ms"
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)
