"""What a benchmark says, and the report that collects it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

REPORT_FORMAT = 1

Status = Literal["done", "left out", "failed"]


@dataclass(frozen=True)
class Figure:
    """One measured number.

    Attributes
    ----------
    name : str
        Such as "window_over_bare".
    value : float
    unit : str
        "ms", "s", "/s", "MB"; "" for a ratio.
    target : float or None
        What it should reach, None where it only informs.
    best : "low" or "high"
        On which side of the target is the good one.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    best: Literal["low", "high"] = "low"

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without a target."""
        if self.target is None:
            return None
        return self.value <= self.target if self.best == "low" else self.value >= self.target

    def to_dict(self) -> dict[str, Any]:
        """As it stands in the report."""
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "target": self.target,
            "best": self.best,
            "met": self.met,
        }


@dataclass(frozen=True)
class Measured:
    """Figures of one benchmark, with the circumstances that matter for it."""

    figures: tuple[Figure, ...]
    conditions: dict[str, str | int | float] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of one benchmark; ``reason`` is one sentence where it was left out or failed."""

    name: str
    title: str
    status: Status
    wall_s: float
    measured: Measured = field(default_factory=lambda: Measured(()))
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As it stands in the report."""
        return {
            "name": self.name,
            "title": self.title,
            "status": self.status,
            "reason": self.reason,
            "wall_s": round(self.wall_s, 2),
            "figures": [figure.to_dict() for figure in self.measured.figures],
            "conditions": self.measured.conditions,
        }


@dataclass(frozen=True)
class Report:
    """One run of the suite."""

    version: str
    started: str
    quick: bool
    machine: dict[str, str | int | float]
    outcomes: tuple[Outcome, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "format": REPORT_FORMAT,
            "program": "negnn-gui",
            "version": self.version,
            "started": self.started,
            "quick": self.quick,
            "machine": self.machine,
            "benchmarks": [outcome.to_dict() for outcome in self.outcomes],
        }
