"""The thread that compares representations on a user's labels, so that the window stays free."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from negnn_gui.app.jobs import Worker
from negnn_gui.app.loading import heavy_imports

if TYPE_CHECKING:
    from negnn_gui.analysis.label_files import LabelledRow
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry


@dataclass(frozen=True)
class CompareRequest:
    """A snapshot of what is compared: labels, the structures they belong to, and how."""

    labels: tuple[LabelledRow, ...]
    entries: dict[str, StructureEntry]
    analyses: dict[str, Analysis]
    representations: tuple[str, ...]
    method: str
    seeds: tuple[int, ...]


class ComparisonWorker(Worker):
    """Regresses; ``compared`` carries a :class:`~negnn_gui.analysis.comparison.Compared`, ``failed`` a sentence."""

    compared = Signal(object)
    failed = Signal(str)

    def serve(self, request: CompareRequest) -> None:
        """Compare, one representation after the other; cancelled requests end without a word."""
        with heavy_imports():
            from negnn_gui.analysis.comparison import compare
            from negnn_gui.analysis.descriptors import DescriptorStopped
            from negnn_gui.analysis.regression import Stopped
        try:
            for result in compare(
                request.labels,
                request.entries,
                request.analyses,
                request.representations,
                request.method,
                request.seeds,
                self.report,
                self.cancelled,
            ):
                self.compared.emit(result)
        except (Stopped, DescriptorStopped):
            return

    def refuse(self, request: CompareRequest, reason: str) -> None:
        """Pass on what went wrong."""
        self.failed.emit(reason)
