"""Large cells predicted one after the other on one CPU thread, in a process whose memory is its own."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from negnn_gui.bench.benchmark import LeftOut, Settings, load_predictor, one_thread
from negnn_gui.bench.crystals import TWENTY_ATOMS, moved_supercell
from negnn_gui.bench.probes.answer import answer


def main() -> None:
    """Predict each cell and answer with its times and with the largest memory of the process after it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("cells", nargs="+", help="such as 5x5x2")
    parser.add_argument("--model")
    arguments = parser.parse_args()
    try:
        predictor = load_predictor(Settings(model=arguments.model))
    except LeftOut as reason:
        answer(left_out=str(reason))
    found: list[dict[str, Any]] = []
    with one_thread():
        list(predictor.predict([moved_supercell(TWENTY_ATOMS, (1, 1, 1))]))
        for text in arguments.cells:
            along_a, along_b, along_c = (int(number) for number in text.split("x"))
            entry = moved_supercell(TWENTY_ATOMS, (along_a, along_b, along_c))
            begin, begin_cpu = time.perf_counter(), time.process_time()
            (outcome,) = predictor.predict([entry])
            wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
            refused = getattr(outcome, "reason", None)
            if refused is not None:
                answer(left_out=f"{entry.n_sites} atoms cannot be predicted: {refused}")
            found.append({"atoms": entry.n_sites, "wall_s": wall, "cpu_s": cpu, "peak_GB": _peak_gb()})
    answer(cells=found, model=predictor.model.id if predictor.model else "", encoder=predictor.encoder.id)


def _peak_gb() -> float | None:
    """Largest memory of this process so far; None where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1.0 if sys.platform == "darwin" else 1024.0  # bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


if __name__ == "__main__":
    main()
