"""CIF and mCIF with the predicted moments: what other programs and our own reader find in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pymatgen.io.cif import CifFile, CifParser

from negnn_gui.export.writers import write_results
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.own_files import written_by_this_program
from negnn_gui.structures.reading import read_structures

from .conftest import MakeResult


@pytest.mark.parametrize("kind", ["cif", "mcif"])
def test_the_crystal_is_read_back_as_it_was(tmp_path: Path, make_result: MakeResult, kind: str) -> None:
    results = [make_result(number, vectors=number == 1) for number in range(3)]
    path = tmp_path / f"moments.{kind}"
    write_results(path, results, kind=kind)  # type: ignore[arg-type]
    found = list(read_structures(path))
    assert len(found) == 3
    for again, (entry, _) in zip(found, results, strict=True):
        assert isinstance(again, StructureEntry)
        assert (again.elements, again.site_labels) == (entry.elements, entry.site_labels)
        assert again.structure.frac_coords == pytest.approx(np.mod(entry.structure.frac_coords, 1), abs=1e-6)
        assert again.structure.lattice.parameters == pytest.approx(
            entry.structure.lattice.parameters, abs=1e-5
        )


def test_columns_hold_the_predictions(tmp_path: Path, make_result: MakeResult) -> None:
    entry, analysis = make_result(1)
    write_results(tmp_path / "x.cif", [(entry, analysis)], kind="cif")
    (block,) = CifFile.from_file(tmp_path / "x.cif").data.values()
    written = block.data["_atom_site_negnn_moment_pred_muB"]
    assert written[1] == "?"
    assert float(written[0]) == pytest.approx(analysis.moment.median[0], abs=1e-4)
    assert len(block.data["_atom_site_negnn_ood_score"]) == entry.n_sites
    (structure,) = CifParser(tmp_path / "x.cif").parse_structures(primitive=False)
    assert structure.composition == entry.structure.composition


def test_a_predicted_magnitude_never_becomes_a_direction(tmp_path: Path, make_result: MakeResult) -> None:
    given, plain = make_result(1, vectors=True), make_result(3)
    write_results(tmp_path / "x.mcif", [given, plain], kind="mcif")
    with_vectors, without = read_structures(tmp_path / "x.mcif")
    assert isinstance(with_vectors, StructureEntry) and isinstance(without, StructureEntry)
    assert with_vectors.moment_vectors is not None
    own = given[0].moment_vectors
    assert own is not None
    # The frame of the cell is another one than that of the file, lengths and angles between moments are not.
    assert np.linalg.norm(with_vectors.moment_vectors[:2], axis=1) == pytest.approx(
        np.linalg.norm(own[:2], axis=1), abs=1e-3
    )
    assert without.moment_vectors is None and without.moment_input is None
    text = (tmp_path / "x.mcif").read_text()
    assert f"Ni0 ? ? ? {plain[1].moment.median[0]:.4f}" in text


def test_block_names_differ_where_files_share_theirs(tmp_path: Path, make_result: MakeResult) -> None:
    entry, analysis = make_result(1, name="weird näme")
    elsewhere = replace(entry, path=Path("b") / "x.cif")
    later = replace(entry, frame=4)
    write_results(tmp_path / "x.cif", [(each, analysis) for each in (entry, elsewhere, later)], kind="cif")
    text = (tmp_path / "x.cif").read_text(encoding="ascii")
    names = [line for line in text.splitlines() if line.startswith("data_")]
    assert len(set(names)) == 3
    assert all(name.startswith("data_weird_n_me_") for name in names)


@pytest.mark.parametrize("kind", ["cif", "mcif", "extxyz", "json"])
def test_files_of_this_program_say_so(tmp_path: Path, make_result: MakeResult, kind: str) -> None:
    write_results(tmp_path / "x", [make_result(1)], kind=kind)  # type: ignore[arg-type]
    assert written_by_this_program((tmp_path / "x").read_text())
    assert not written_by_this_program("data_x\n# seen in negnn-gui\n")
