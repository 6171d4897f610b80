"""Loading and making atlases where the window does not wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.analysis.atlas_files import AtlasError
from negnn_gui.analysis.own_atlas import write_own_atlas
from negnn_gui.app.jobs import Worker
from negnn_gui.app.session import DEFAULT_LEVELS
from negnn_gui.results import Analysis, ModelRef
from negnn_gui.structures.entry import StructureEntry


@dataclass(frozen=True, eq=False)
class LoadAtlas:
    """Read and check the atlas in a folder; ``encoder`` is the one in use."""

    folder: Path
    encoder: ModelRef | None

    def compute(self, worker: Worker) -> Atlas:
        """The atlas; ValueError with the reason where it is refused."""
        try:
            atlas = Atlas.load(self.folder, self.encoder)
        except AtlasError as error:
            raise ValueError(str(error)) from error
        atlas.places(DEFAULT_LEVELS)  # the map shows them at once: computed here rather than there
        return atlas


@dataclass(frozen=True, eq=False)
class MakeAtlas:
    """Write an atlas of open structures into a folder, and read it."""

    folder: Path
    name: str
    analysed: tuple[tuple[StructureEntry, Analysis], ...]

    def compute(self, worker: Worker) -> Atlas | None:
        """The new atlas; None where it was cancelled."""
        n = write_own_atlas(
            self.folder,
            self.analysed,
            self.name,
            progress=lambda done: worker.report(done, len(self.analysed)),
            cancelled=worker.cancelled,
        )
        return LoadAtlas(self.folder, None).compute(worker) if n else None
