"""Representations from Python: ``from negnn_gui import Encoder``.

>>> from negnn_gui import Encoder
>>> encoder = Encoder.from_pretrained()
>>> vectors = encoder.embed("NiO.cif", levels="012")
>>> vectors.shape
(8, 192)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from negnn_gui.results import Float32Array, ModelRef
from negnn_gui.structures.entry import StructureEntry, StructureReadError

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from negnn_gui.inference.predictor import Predictor

Embeddable: TypeAlias = "Structure | StructureEntry | Path | str"
"""One structure: in memory, as it was read, or a file that holds one."""


class EmbeddingError(ValueError):
    """A structure cannot be embedded; the message says which and why."""


class Encoder:
    """A self-supervised encoder: structures -> one vector for each atom, at any level or choice of levels.

    Level 0 knows the element, level l what lies up to l bonds away (doi 10.1088/2632-2153/ad612b).
    """

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor

    @classmethod
    def from_pretrained(cls, model_id: str | None = None, *, device: str = "auto") -> Encoder:
        """Load a registered encoder (``negnn models list``); the default one where none is named.

        Raises
        ------
        UnknownModelError, ModelFileError, DeviceError
            The encoder or the device cannot be used.
        """
        from negnn_gui.inference.predictor import Predictor
        from negnn_gui.models import registry

        chosen = registry.default_id("encoder") if model_id is None else model_id
        return cls(Predictor.load(encoder_id=chosen, device=device))

    @property
    def ref(self) -> ModelRef:
        """Id and sha256 of the encoder."""
        return self._predictor.encoder

    @property
    def device(self) -> str:
        """Name of the device in use."""
        return self._predictor.device

    @overload
    def embed(
        self, structures: Embeddable, levels: str = ..., *, pool: Literal["mean"] | None = ...
    ) -> Float32Array: ...

    @overload
    def embed(
        self, structures: Sequence[Embeddable], levels: str = ..., *, pool: Literal["mean"] | None = ...
    ) -> list[Float32Array]: ...

    def embed(
        self,
        structures: Embeddable | Sequence[Embeddable],
        levels: str = "01",
        *,
        pool: Literal["mean"] | None = None,
    ) -> Float32Array | list[Float32Array]:
        """Vectors of every atom of one structure, or of each of several.

        Parameters
        ----------
        structures : structure or sequence of structures
            pymatgen structures, entries of :mod:`negnn_gui.structures`, or paths of files of one structure.
            Cells and site order stay as they are.
        levels : str
            Distinct digits of levels, such as "0", "01" or "012345"; their vectors stand side by side.
        pool : "mean" or None
            One vector a structure, the mean over its atoms, instead of one an atom.

        Returns
        -------
        (N, 64 * len(levels)) float32, or (64 * len(levels),) if pooled; a list of them for several structures.

        Raises
        ------
        EmbeddingError
            A structure cannot be read or embedded.
        ValueError
            ``levels`` names a level that there is not.
        """
        from pymatgen.core import Structure

        alone = isinstance(structures, Structure | StructureEntry | Path | str)
        listed: Sequence[Embeddable] = [structures] if alone else structures  # type: ignore[assignment]
        vectors = list(self._vectors([_entry(item, number) for number, item in enumerate(listed)], levels))
        if pool == "mean":
            vectors = [own.mean(axis=0) for own in vectors]
        return vectors[0] if alone else vectors

    def _vectors(self, entries: Sequence[StructureEntry], levels: str) -> Iterator[Float32Array]:
        from negnn_gui.inference.predictor import PredictionFailure

        for entry, outcome in zip(entries, self._predictor.predict(entries), strict=True):
            if isinstance(outcome, PredictionFailure):
                raise EmbeddingError(f"{entry.name}: {outcome.reason}")
            yield outcome.embedding(levels)


def _entry(item: Embeddable, number: int) -> StructureEntry:
    """The structure with an id of its own: the same object may be given twice."""
    if isinstance(item, Path | str):
        item = _only_structure(Path(item))
    if isinstance(item, StructureEntry):
        return replace(item, id=f"{number}")
    labels = tuple(f"{site.species_string}{index + 1}" for index, site in enumerate(item))
    return StructureEntry(f"{number}", None, 0, f"structure_{number}", item, labels)


def _only_structure(path: Path) -> StructureEntry:
    from negnn_gui.structures.reading import read_structures

    read = list(islice(read_structures(path), 2))
    if len(read) != 1:
        held = "no structure" if not read else "more than one structure: give them one by one"
        raise EmbeddingError(f"{path.name} holds {held}")
    if isinstance(read[0], StructureReadError):
        raise EmbeddingError(str(read[0])) from read[0]
    return read[0]
