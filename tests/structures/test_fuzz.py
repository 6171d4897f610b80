"""Damaged files: whatever is cut out or changed, there is an entry or a reason, never an exception."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import negnn_gui
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import example_paths, read_structures

LONGEST_S = 30.0
TEXTS = {path.name: path.read_bytes() for path in example_paths() if path.stem in ("NiO", "MnF2", "CrI3")}
POSCAR = b"NiO\n1.0\n4.2 0 0\n0 4.2 0\n0 0 4.2\nNi O\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"
EXTXYZ = (
    b'2\nLattice="4.2 0 0 0 4.2 0 0 0 4.2" Properties=species:S:1:pos:R:3:magmoms:R:1 pbc="T T T"\n'
    b"Ni 0 0 0 1.7\nO 2.1 2.1 2.1 0\n"
)
JSON = (
    b'{"lattice": {"matrix": [[4.2, 0, 0], [0, 4.2, 0], [0, 0, 4.2]]}, "sites": [{"species": [{"element": "Ni",'
    b' "occu": 1}], "abc": [0, 0, 0], "properties": {"magmom": 1.7}, "label": "Ni"}]}'
)
XSF = b"CRYSTAL\nPRIMVEC\n4.2 0 0\n0 4.2 0\n0 0 4.2\nPRIMCOORD\n2 1\nNi 0 0 0\nO 2.1 2.1 2.1\n"
CSSR = b"4.2 4.2 4.2\n90 90 90 SPGR = 1 P 1 OPT = 1\n2 0\n0 NiO\n1 Ni 0 0 0\n2 O 0.5 0.5 0.5\n"
SAMPLES = [
    *TEXTS.items(),
    ("POSCAR", POSCAR),
    ("x.extxyz", EXTXYZ),
    ("x.json", JSON),
    ("x.xsf", XSF),
    ("x.cssr", CSSR),
]
SPICES = [
    b"nan",
    b"inf",
    b"-",
    b"1e400",
    b"?",
    b".",
    b"'",
    b"\n;",
    b"loop_",
    b"_",
    b"data_y\n",
    b"\x00",
    b"\xff",
    b"(",
]


def check(path: Path) -> None:
    for result in read_structures(path):
        if isinstance(result, StructureReadError):
            assert result.reason.endswith(".") and "\n" not in result.reason
        else:
            assert isinstance(result, StructureEntry) and result.n_sites == len(result.site_labels)


def check_changed(path: Path, content: bytes, data: st.DataObject) -> None:
    place = st.integers(0, len(content))
    changed = content[: data.draw(place)] if data.draw(st.booleans()) else content
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(changed)))
        length = data.draw(st.integers(0, 12))
        changed = (
            changed[:start]
            + data.draw(st.sampled_from(SPICES) | st.binary(max_size=6))
            + changed[start + length :]
        )
    path.write_bytes(changed)
    begin = time.monotonic()
    check(path)
    assert time.monotonic() - begin < LONGEST_S


by_sample = pytest.mark.parametrize(("name", "content"), SAMPLES, ids=[name for name, _ in SAMPLES])
leisure = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@by_sample
@settings(max_examples=60, **leisure)
@given(data=st.data())
def test_cut_and_changed(tmp_path: Path, name: str, content: bytes, data: st.DataObject) -> None:
    check_changed(tmp_path / name, content, data)


@pytest.mark.slow
@by_sample
@settings(max_examples=1500, **leisure)
@given(data=st.data())
def test_cut_and_changed_at_length(tmp_path: Path, name: str, content: bytes, data: st.DataObject) -> None:
    check_changed(tmp_path / name, content, data)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_bytes_that_a_fuzzer_finds(tmp_path: Path) -> None:
    """A minute of Atheris, where it is installed: no exception, no hang of 30 s, not more than 2 GB."""
    pytest.importorskip("atheris")
    program = Path(__file__).with_name("fuzz_readers.py")
    root = str(Path(negnn_gui.__file__).parent.parent)
    command = [sys.executable, str(program), str(tmp_path / "corpus"), "-max_total_time=60"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done" in done.stderr


@settings(max_examples=100, **leisure)
@given(
    content=st.text(max_size=200),
    name=st.sampled_from([name for name, _ in SAMPLES] + ["x.yaml", "x.pdb", "a.in"]),
)
def test_any_text_under_any_name(tmp_path: Path, content: str, name: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8", errors="surrogatepass")
    check(path)
