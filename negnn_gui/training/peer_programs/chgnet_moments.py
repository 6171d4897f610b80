"""Moments by CHGNet, run by the interpreter of an environment that has it; negnn_gui need not be there.

``python -I chgnet_moments.py structures.npz moments.npz --threads 1 --batch 16 --limit 900``

Reads ``lattices`` (S, 3, 3) in Å, ``start`` (S + 1,), ``atomic_numbers`` (N,) and ``frac_coords`` (N, 3). Writes
``moments`` (N,) in μB, NaN where there is none; ``reasons`` (S,), "" where a structure was predicted; the seconds
that graphs and model took, without imports, loading and a first batch that does not count; and who computed.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
import time
from typing import Any

import numpy as np
import torch
from chgnet.model.model import CHGNet
from pymatgen.core import Lattice, Structure

_NOT_REACHED = "not reached within the time limit"


def main() -> int:
    """Read, predict, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("structures")
    parser.add_argument("moments")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--limit", type=float, default=float("inf"), help="seconds")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    with np.load(chosen.structures, allow_pickle=False) as given:
        structures = list(_structures(given))
        start = given["start"]
    model = CHGNet.load(use_device="cpu", verbose=False)
    model.graph_converter.set_isolated_atom_response("ignore")
    moments = np.full(start[-1], np.nan)
    reasons = np.full(len(structures), _NOT_REACHED, dtype="U200")
    seconds = {"graph": 0.0, "model": 0.0}
    _predict(model, structures[: chosen.batch], {"graph": 0.0, "model": 0.0})
    begin, begin_cpu = time.monotonic(), time.process_time()
    for first in range(0, len(structures), chosen.batch):
        if time.monotonic() - begin > chosen.limit:
            break
        part = structures[first : first + chosen.batch]
        for row, answer in enumerate(_predict(model, part, seconds), start=first):
            if isinstance(answer, str):
                reasons[row] = answer
            else:
                moments[start[row] : start[row + 1]] = answer
                reasons[row] = ""
    np.savez(
        chosen.moments,
        moments=moments,
        reasons=reasons,
        graph_s=seconds["graph"],
        model_s=seconds["model"],
        cpu_s=time.process_time() - begin_cpu,
        program=f"CHGNet {importlib.metadata.version('chgnet')}",
        model=f"{model.version}, {sum(p.numel() for p in model.parameters())} parameters",
    )
    return 0


def _structures(given: Any) -> Any:
    start = given["start"]
    lattices, numbers, coords = given["lattices"], given["atomic_numbers"], given["frac_coords"]
    for row, lattice in enumerate(lattices):
        atoms = slice(start[row], start[row + 1])
        yield Structure(Lattice(lattice), numbers[atoms], coords[atoms])


def _predict(model: Any, structures: list[Any], seconds: dict[str, float]) -> list[Any]:
    """Moments of each structure, or why there are none."""
    answers: list[Any] = [""] * len(structures)
    graphs = {}
    begin = time.perf_counter()
    for row, structure in enumerate(structures):
        try:
            graphs[row] = model.graph_converter(structure)
        except Exception as error:  # whatever it is, the others go on
            answers[row] = _sentence(error)
    middle = time.perf_counter()
    for row, answer in zip(graphs, _moments(model, list(graphs.values())), strict=True):
        answers[row] = answer
    seconds["graph"] += middle - begin
    seconds["model"] += time.perf_counter() - middle
    return answers


def _moments(model: Any, graphs: list[Any]) -> list[Any]:
    if not graphs:
        return []
    try:
        with torch.no_grad():  # energy and moments only, the fastest way it has
            found = model.predict_graph(graphs, task="em", batch_size=len(graphs))
    except Exception as error:
        if len(graphs) == 1:
            return [_sentence(error)]
        return [answer for graph in graphs for answer in _moments(model, [graph])]
    return [one["m"] for one in ([found] if isinstance(found, dict) else found)]


def _sentence(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
