"""Which representation predicts a user's own labels best: ridge and kernel ridge on each of them, split by split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from negnn_gui.analysis.descriptors import DESCRIPTORS, WHOLE, DescriptorStopped, Rows, describe
from negnn_gui.analysis.label_files import FEWEST_GROUPS, LabelledRow
from negnn_gui.analysis.regression import Errors, errors_of, regress, split_by_group
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry

FloatArray = NDArray[np.float64]

_TEST_SHARE = 0.2
_EMBEDDING = "levels "


@dataclass(frozen=True, eq=False)
class Compared:
    """A representation's errors on rows of formulas that it had not seen, over several splits.

    Attributes
    ----------
    representation : str
        Title, such as "levels 01" or "SOAP".
    errors : tuple of Errors
        One for each split, in the unit of the labels.
    rows, known, predicted : (T,) int, float, float
        Which rows were tested in the first split, their labels and predictions.
    fault : str
        Why there are none of these; "" where there are.
    """

    representation: str
    errors: tuple[Errors, ...]
    rows: NDArray[np.int64]
    known: FloatArray
    predicted: FloatArray
    fault: str = ""

    def mean(self, of: str) -> tuple[float, float]:
        """Mean and standard deviation over the splits of "mae", "rmse" or "r2"; NaN where unknown."""
        values = np.array([getattr(error, of) for error in self.errors])
        if not len(values):
            return float("nan"), float("nan")
        return float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def choices(levels: int) -> dict[str, str]:
    """Representations that can be compared: key -> title. Levels are those of the encoder in use."""
    singles = [str(level) for level in range(levels)]
    joined = ["".join(singles[: n + 1]) for n in range(1, levels)]
    titles = {
        f"{_EMBEDDING}{own}": f"levels {own}" if len(own) > 1 else f"level {own}" for own in singles + joined
    }
    return titles | {name: descriptor.title for name, descriptor in DESCRIPTORS.items()}


def compare(
    labels: Sequence[LabelledRow],
    entries: Mapping[str, StructureEntry],
    analyses: Mapping[str, Analysis],
    representations: Sequence[str],
    method: str,
    seeds: Sequence[int],
    progress: Callable[[int, int], None],
    stop: Callable[[], bool],
) -> Iterator[Compared]:
    """Errors of each representation, as they are known.

    Whole formulas are left out for testing, a fifth of the rows; where there are fewer than five formulas, whole
    structures. ``stop()`` ends it with :class:`negnn_gui.analysis.regression.Stopped` or ``DescriptorStopped``.
    """
    values = np.array([row.value for row in labels])
    groups = _groups(labels, entries)
    titles = choices(next(iter(analyses.values())).embeddings.shape[0])
    total = len(representations) * len(seeds)
    for number, name in enumerate(representations):
        progress(number * len(seeds), total)
        try:
            vectors = vectors_of(name, labels, entries, analyses, stop)
        except DescriptorStopped:
            raise
        except Exception as error:  # a library's own fault costs this representation only
            nothing = np.empty(0)
            reason = " ".join(str(error).split()) or type(error).__name__
            yield Compared(titles[name], (), nothing.astype(np.int64), nothing, nothing, reason)
            continue
        errors: list[Errors] = []
        first: tuple[NDArray[np.int64], FloatArray] | None = None
        for seed in seeds:
            train, test = split_by_group(groups, _TEST_SHARE, seed)
            found = regress(
                method, (vectors[train], values[train]), vectors[test], groups[train], seed=seed, stop=stop
            )
            errors.append(errors_of(found.predicted, values[test]))
            first = first or (test, found.predicted)
            progress(number * len(seeds) + len(errors), total)
        assert first is not None
        yield Compared(titles[name], tuple(errors), first[0], values[first[0]], first[1])


def vectors_of(
    name: str,
    labels: Sequence[LabelledRow],
    entries: Mapping[str, StructureEntry],
    analyses: Mapping[str, Analysis],
    stop: Callable[[], bool] = lambda: False,
) -> FloatArray:
    """Vectors (R, D) of labelled sites, or the means over their structures' sites.

    Raises
    ------
    ValueError
        A hand-made descriptor is asked of a disordered structure.
    """
    if name.startswith(_EMBEDDING):
        levels = name.removeprefix(_EMBEDDING)
        return np.stack(
            [
                joined.mean(axis=0) if row.site == WHOLE else joined[row.site]
                for row in labels
                for joined in (analyses[row.entry_id].embedding(levels),)
            ]
        ).astype(np.float64)
    ids = list(dict.fromkeys(row.entry_id for row in labels))
    disordered = [entries[own].name for own in ids if not entries[own].is_ordered]
    if disordered:
        raise ValueError(f"{disordered[0]} is disordered: {DESCRIPTORS[name].title} needs ordered structures")
    at = {own: index for index, own in enumerate(ids)}
    rows = Rows(
        [entries[own].structure for own in ids],
        np.array([at[row.entry_id] for row in labels]),
        np.array([row.site for row in labels]),
    )
    return describe(name, rows, lambda done, total: not stop())


def _groups(labels: Sequence[LabelledRow], entries: Mapping[str, StructureEntry]) -> NDArray[np.int64]:
    formulas = np.unique([entries[row.entry_id].formula for row in labels], return_inverse=True)
    if len(formulas[0]) >= FEWEST_GROUPS:
        return np.asarray(formulas[1], dtype=np.int64)
    ids = np.unique([row.entry_id for row in labels], return_inverse=True)
    return np.asarray(ids[1], dtype=np.int64)
