"""Readers under Atheris: bytes that libFuzzer finds, under the names of all formats. Linux only.

``python tests/structures/fuzz_readers.py FOLDER -max_total_time=60`` with ``pip install atheris``; it ends with a
status other than 0 when a reader raises, hangs for 30 seconds or takes more than 2 GB.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["negnn_gui.structures"]):
    from negnn_gui.structures.entry import StructureEntry, StructureReadError
    from negnn_gui.structures.reading import example_paths, read_structures

NAMES = (
    "x.cif",
    "x.mcif",
    "POSCAR",
    "x.extxyz",
    "x.json",
    "x.xsf",
    "x.cssr",
    "x.pdb",
    "x.yaml",
    "x.cif.gz",
    "x.pwo",
)


def one(data: bytes) -> None:
    """The first byte chooses the name, the rest is the file."""
    if not data:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / NAMES[data[0] % len(NAMES)]
        path.write_bytes(data[1:])
        for result in read_structures(path):
            if isinstance(result, StructureReadError):
                assert result.reason.endswith(".") and "\n" not in result.reason
            else:
                assert isinstance(result, StructureEntry) and result.n_sites == len(result.site_labels)


def write_corpus(folder: Path) -> None:
    """What the fuzzer begins with: the examples, and the bad files of the tests."""
    folder.mkdir(parents=True, exist_ok=True)
    bad = Path(__file__).parent.parent / "data" / "bad"
    for number, path in enumerate([*example_paths(), *sorted(bad.iterdir())]):
        kind = next((k for k, name in enumerate(NAMES) if path.name.endswith(Path(name).suffix or name)), 0)
        (folder / f"{number:03d}").write_bytes(bytes([kind]) + path.read_bytes()[:20_000])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    corpus = Path(sys.argv[1])
    write_corpus(corpus)
    limits = ["-timeout=30", "-rss_limit_mb=2048", "-max_len=20000"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, *sys.argv[2:]], one)
    atheris.Fuzz()
