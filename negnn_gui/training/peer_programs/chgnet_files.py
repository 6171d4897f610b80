"""From CIF files to a CSV of moments by CHGNet, run by the interpreter of an environment that has it.

``python -I chgnet_files.py FOLDER moments.csv --threads 2 --batch 16 --most 100``

Reads the CIFs of a folder in the order of their names with pymatgen, as CHGNet's own examples do, predicts energy and
moments in batches and writes one row an atom. Prints, as JSON, structures, atoms, the seconds this took from the first
file to the last row (imports, loading and a first batch that does not count left out), the seconds of the processor,
and who computed.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from chgnet.model.model import CHGNet
from pymatgen.core import Structure


def main() -> int:
    """Read, predict, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("moments", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--most", type=int, default=None)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(chosen.threads)
    files = sorted(chosen.folder.glob("*.cif"))[: chosen.most]
    model = CHGNet.load(use_device="cpu", verbose=False)
    model.graph_converter.set_isolated_atom_response("ignore")
    _moments(model, files[: chosen.batch])
    atoms = 0
    begin, begin_cpu = time.monotonic(), time.process_time()
    with chosen.moments.open("w", newline="") as out:
        table = csv.writer(out)
        table.writerow(["file", "site_index", "element", "moment_muB"])
        for first in range(0, len(files), chosen.batch):
            part = files[first : first + chosen.batch]
            for path, (structure, moments) in zip(part, _moments(model, part), strict=True):
                rows = enumerate(zip(structure, moments, strict=True))
                table.writerows([path.name, k, site.specie.symbol, f"{m:.4f}"] for k, (site, m) in rows)
                atoms += len(structure)
    answer = {
        "structures": len(files),
        "atoms": atoms,
        "wall_s": time.monotonic() - begin,
        "cpu_s": time.process_time() - begin_cpu,
        "program": f"CHGNet {importlib.metadata.version('chgnet')}, model {model.version}",
    }
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


def _moments(model: Any, files: list[Path]) -> list[tuple[Structure, Any]]:
    """Structure and moments of each file."""
    structures = [Structure.from_file(path) for path in files]
    with torch.no_grad():  # energy and moments only, the fastest way it has
        found = model.predict_structure(structures, task="em", batch_size=len(structures))
    answers = [found] if isinstance(found, dict) else found
    return [(structure, one["m"]) for structure, one in zip(structures, answers, strict=True)]


if __name__ == "__main__":
    sys.exit(main())
