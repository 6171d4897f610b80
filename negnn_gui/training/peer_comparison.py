"""A model, the element median and another program's model (a peer) on the same atoms of a split."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.inference.moment_models import LoadedMomentModel
from negnn_gui.locations import user_cache_dir
from negnn_gui.models.negnn import MEDIAN
from negnn_gui.training.evaluate import counted, element_medians, error_figures
from negnn_gui.training.fit_run import MomentData
from negnn_gui.training.peers import chgnet_moments
from negnn_gui.training.publish import predict_graphs
from negnn_gui.training.tables import ranges

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PeerRequest:
    """Which peer to ask, and about how much.

    Attributes
    ----------
    name : str
        One of :data:`negnn_gui.training.peers.PEERS`.
    python : Path or None
        Interpreter that has it, None to take kept answers.
    limit : int or None
        Structures drawn at random from the split (seed 0), None for all of them.
    max_atoms : int
        Larger structures are left out.
    threads : int
        CPU threads of the peer.
    answers : Path or None
        Folder that keeps the peer's answers, None for the user's cache.
    """

    name: str = "chgnet"
    python: Path | None = None
    limit: int | None = None
    max_atoms: int = 60
    threads: int = 1
    answers: Path | None = None


def compare_with_peer(
    request: PeerRequest, loaded: LoadedMomentModel, data: MomentData, head: str, split: str
) -> dict[str, Any]:
    """Errors of model, element median (of the train split) and peer on the labelled atoms that the peer predicted.

    Raises
    ------
    PeerError
        The peer cannot be found or run.
    ValueError
        No structure of the split is small enough.
    """
    graphs = _sample(data, split, request)
    rows = data.store.structure[graphs]
    table = data.table
    sizes = table.sizes[rows]
    in_table = ranges(table.start[rows], sizes)
    log.info("asking %s about %d structures", request.name, len(rows))
    theirs = chgnet_moments(
        request.python,
        table.lattices[rows],
        np.concatenate([[0], np.cumsum(sizes)]),
        table.atomic_numbers[in_table],
        table.frac_coords[in_table],
        threads=request.threads,
        cache=request.answers or user_cache_dir() / "peers",
    )
    truth = data.moments[data.store.atoms_of(graphs)].astype(np.float64)
    labelled = np.isfinite(truth)
    ours = predict_graphs(loaded.model, data, head, graphs)
    kept = counted(head, ours.truth) & np.isfinite(theirs.moments[labelled])
    if not kept.any():
        raise ValueError(f"{request.name} predicted none of the labelled atoms: {theirs.reasons[0]}")
    known, numbers = ours.truth[kept], ours.atomic_numbers[kept]
    said = {
        loaded.ref.id: np.maximum(ours.quantiles[kept, MEDIAN], 0.0),
        "element median": _medians(data, head)[numbers],
        theirs.program: np.abs(theirs.moments[labelled][kept]),
    }
    failed = np.flatnonzero(~theirs.predicted)
    return {
        "peer": theirs.program,
        "peer_model": theirs.model,
        "structures": int(theirs.predicted.sum()),
        "max_atoms": request.max_atoms,
        "not_predicted": {str(table.ids[rows[i]]): str(theirs.reasons[i]) for i in failed},
        "peer_seconds": theirs.graph_s + theirs.model_s,
        "figures": {name: error_figures(moments, known, numbers) for name, moments in said.items()},
    }


def _sample(data: MomentData, split: str, request: PeerRequest) -> NDArray[np.int64]:
    """Graphs of small structures, in the order of the table, so that a seed means the same everywhere."""
    graphs = data.graphs(split)
    graphs = graphs[data.store.sizes[graphs] <= request.max_atoms]
    if not len(graphs):
        raise ValueError(f"no structure of the {split} split has at most {request.max_atoms} atoms")
    if request.limit is None or request.limit >= len(graphs):
        return graphs
    return np.sort(np.random.default_rng(0).choice(graphs, request.limit, replace=False))


def _medians(data: MomentData, head: str) -> NDArray[np.float64]:
    atoms = data.atoms("train")
    moments = data.moments[atoms].astype(np.float64)
    kept = np.isfinite(moments) & counted(head, moments)
    return element_medians(moments[kept], np.asarray(data.store.atomic_numbers[atoms], dtype=np.int64)[kept])
