"""Arrays of a batch -> one frozen Analysis a structure: "no data" where a head has none, and what to warn of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from negnn_gui.graphs.crystal_graph import CrystalGraph
from negnn_gui.inference.moment_models import LoadedMomentModel
from negnn_gui.inference.spin_states import (
    SecondStates,
    from_modes,
    from_quantiles,
    interval_with_states,
)
from negnn_gui.models.negnn import DFT, EXPERIMENTAL, MEDIAN
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

_TOO_CLOSE = 0.5  # Å


def analyses_of_batch(
    ready: Sequence[tuple[StructureEntry, CrystalGraph]],
    embeddings: NDArray[np.float32],
    quantiles: Mapping[str, NDArray[np.float64]],
    score: NDArray[np.float64] | None,
    moment: LoadedMomentModel | None,
    encoder: ModelRef,
    device: str,
) -> Iterator[Analysis]:
    """Cut (levels, N, 64) embeddings and (N, Q) quantiles of a batch into its structures.

    A model that names its modes itself gives them as ``<head>_modes`` (N, K, 2), mode in μB and weight, beside the
    quantiles; otherwise a second spin state is read from the quantiles.
    """
    begin = 0
    for entry, graph in ready:
        atoms = slice(begin, begin + graph.n_atoms)
        begin += graph.n_atoms
        numbers, close = graph.atomic_numbers, _too_close(graph)
        predictions = {
            head: _prediction(head, quantiles, atoms, numbers, close, moment) for head in (DFT, EXPERIMENTAL)
        }
        yield Analysis(
            entry_id=entry.id,
            atomic_numbers=numbers.copy(),
            embeddings=embeddings[:, atoms].copy(),
            moment=predictions[DFT],
            moment_exp=predictions[EXPERIMENTAL],
            ood_score=score[atoms].copy() if score is not None else np.full(graph.n_atoms, np.nan),
            nearest=NearestKnown.unknown(graph.n_atoms),
            encoder=encoder,
            model=moment.ref if moment is not None else None,
            device=device,
            warnings=tuple(_warnings(entry, graph, close, moment)),
        )


def _prediction(
    head: str,
    quantiles: Mapping[str, NDArray[np.float64]],
    atoms: slice,
    numbers: NDArray[np.int64],
    close: NDArray[np.bool_],
    moment: LoadedMomentModel | None,
) -> MomentPrediction:
    """Median and calibrated interval of one head; NaN for elements that it has no data for and overlapping atoms."""
    nothing = MomentPrediction.no_data(len(numbers))
    if moment is None or head not in quantiles:
        return nothing
    own = quantiles[head][atoms]
    known = moment.covered[head][numbers] & ~close
    median = np.maximum(own[:, MEDIAN], 0.0)
    lo, hi = nothing.lo, nothing.hi
    if head in moment.calibration:
        lo, hi = moment.calibration[head].apply(own[:, 0], own[:, -1], numbers)
        lo, hi = np.minimum(lo, median), np.maximum(hi, median)
    second = _second_states(head, quantiles, atoms, median)
    lo, hi = interval_with_states(lo, hi, second)
    return MomentPrediction(
        median=np.where(known, median, np.nan),
        lo=np.where(known, lo, np.nan),
        hi=np.where(known, hi, np.nan),
        alt=np.where(known, second.alt, np.nan),
        alt_weight=np.where(known, second.weight, np.nan),
    )


def _second_states(
    head: str, quantiles: Mapping[str, NDArray[np.float64]], atoms: slice, median: NDArray[np.float64]
) -> SecondStates:
    """Second spin states of the DFT head; the experimental one has too few labels to have learned any."""
    if head != DFT:
        nothing = MomentPrediction.no_data(len(median))
        return SecondStates(nothing.alt, nothing.alt_weight)
    modes = quantiles.get(f"{head}_modes")
    if modes is not None:
        return from_modes(median, modes[atoms, :, 0], modes[atoms, :, 1])
    return from_quantiles(quantiles[head][atoms])


def _too_close(graph: CrystalGraph) -> NDArray[np.bool_]:
    """(N,) atoms nearer than 0.5 Å to another one, or to their own images: no crystal has that."""
    close = np.zeros(graph.n_atoms, dtype=bool)
    near = graph.distance < _TOO_CLOSE
    close[graph.target[near]] = close[graph.source[near]] = True
    return close


def _warnings(
    entry: StructureEntry,
    graph: CrystalGraph,
    close: NDArray[np.bool_],
    moment: LoadedMomentModel | None,
) -> Iterator[str]:
    if graph.isolated.any():
        yield (
            f"{_sites(entry, graph.isolated)}: no neighbour within the cutoff, so the prediction rests on the "
            "element alone."
        )
    if close.any():
        nothing = "" if moment is None else " and no moment is given"
        yield (
            f"{_sites(entry, close)}: closer than {_TOO_CLOSE} Å to another atom; the structure is likely "
            f"wrong{nothing}."
        )
    if moment is not None and DFT in moment.covered:
        missing = ~moment.covered[DFT][graph.atomic_numbers]
        elements = sorted({e for e, lacks in zip(entry.elements, missing, strict=True) if lacks})
        if elements:
            yield f"No DFT moment for {', '.join(elements)}: the training data hold none that could be learned from."


def _sites(entry: StructureEntry, chosen: NDArray[np.bool_], most: int = 3) -> str:
    labels = [entry.site_labels[i] for i in np.flatnonzero(chosen)]
    more = f" and {len(labels) - most} more" if len(labels) > most else ""
    return ", ".join(labels[:most]) + more
