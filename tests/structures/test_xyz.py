"""Extended XYZ: many frames, moments, bad frames among good ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import read_structures


def frame(x: float, extra: str = "", rows: str = "Ni {x} 0 0 1.5\nO 2.1 2.1 2.1 -0.1") -> str:
    head = f'Lattice="4.2 0 0 0 4.2 0 0 0 4.2" Properties=species:S:1:pos:R:3:magmoms:R:1 {extra}'
    return f"2\n{head}\n{rows.format(x=x)}\n"


def test_extxyz_frames_come_in_order_with_signed_moments(tmp_path: Path) -> None:
    path = tmp_path / "many.extxyz"
    path.write_text("".join(frame(0.1 * i) for i in range(5)), encoding="utf-8")
    entries = list(read_structures(path))
    assert [entry.frame for entry in entries] == list(range(5))
    for index, entry in enumerate(entries):
        assert isinstance(entry, StructureEntry)
        np.testing.assert_allclose(entry.structure.cart_coords[0], [0.1 * index, 0, 0], atol=1e-9)
        np.testing.assert_allclose(entry.moment_input, [1.5, -0.1])
        assert entry.moment_vectors is None and entry.name == "many"
    assert len({entry.id for entry in entries}) == 5


def test_extxyz_is_read_as_it_is_consumed(tmp_path: Path) -> None:
    path = tmp_path / "endless.extxyz"
    path.write_text(frame(0.0) * 20_000, encoding="utf-8")
    results = read_structures(path)
    import time

    start = time.perf_counter()
    assert isinstance(next(results), StructureEntry)
    # Reading all of them takes many times longer than this.
    assert time.perf_counter() - start < 2
    results.close()


def test_a_bad_frame_does_not_stop_the_next(tmp_path: Path) -> None:
    path = tmp_path / "mixed.extxyz"
    bad = frame(0, rows="Qq 0 0 0 1\nO 2.1 2.1 2.1 0")
    path.write_text(frame(0) + bad + frame(0.2) + "2\nLattice", encoding="utf-8")
    results = list(read_structures(path))
    assert [type(result).__name__ for result in results] == [
        "StructureEntry", "StructureReadError", "StructureEntry", "StructureReadError",
    ]  # fmt: skip
    error = results[1]
    assert isinstance(error, StructureReadError)
    assert (error.frame, "Line 7: 'Qq' is no element" in error.reason) == (1, True)
    assert results[3].frame == 3


def test_extxyz_vectors_deuterium_and_open_boundaries(tmp_path: Path) -> None:
    path = tmp_path / "x.xyz"
    path.write_text(
        '2\nLattice="4.2 0 0 0 4.2 0 0 0 4.2" Properties=species:S:1:pos:R:3:moments:R:3 pbc="T T F"\n'
        "Fe 0 0 0 0 3 4\nD 2.1 2.1 2.1 0 0 0\n",
        encoding="utf-8",
    )
    (entry,) = read_structures(path)
    assert isinstance(entry, StructureEntry) and entry.elements == ("Fe", "H")
    np.testing.assert_allclose(entry.moment_vectors, [[0, 3, 4], [0, 0, 0]])
    np.testing.assert_allclose(entry.moment_input, [5, 0])
    assert any("Deuterium" in warning for warning in entry.warnings)
    assert any("not periodic" in warning for warning in entry.warnings)
