"""Every bad file gives its reason in one line, the expected one, and stops nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from negnn_gui.structures.entry import StructureReadError
from negnn_gui.structures.reading import read_structures

FOLDER = Path(__file__).parent.parent / "data" / "bad"

REASONS = {
    "POSCAR_counts_missing": "Line 8: the numbers of atoms should stand here",
    "POSCAR_cut_short": "Line 10: the position of atom 2 of 2 is missing",
    "POSCAR_flat": "no volume",
    "POSCAR_nan": "position of atom 2 is impossible",
    "POSCAR_stars": "Line 10: three coordinates should stand here",
    "POSCAR_unknown_element": "Line 6: 'Zz' is no element",
    "POSCAR_without_elements": "names no elements",
    "POSCAR_zero_atoms": "0 atoms",
    "POSCAR_zero_scale": "no volume",
    "archive.cif": "zip archive",
    "beyond_lawrencium.cif": "Line 19: Og",
    "binary.cif": "binary",
    "blank.cif": "empty",
    "bravais_index.pwi": "ibrav = 0",
    "broken.json": "Line 1: the JSON is broken",
    "broken.yaml": "Line 3: the YAML is broken",
    "broken_operation.cif": "-x,-y,q",
    "bzip2.cif": "bzip2",
    "cell_only.pdb": "0 atoms",
    "cut_short.cif.gz": "damaged or cut short",
    "cut_short.cssr": "Line 3: 2 atoms are announced but 1 follow",
    "cut_short.extxyz": "should have 2 atoms but the file ends after 1",
    "cut_short.xsf": "cut short",
    "deep.json": "nested too deep",
    "dummy.extxyz": "dummy",
    "dummy.json": "vacancy or dummy",
    "empty.cif": "empty",
    "empty_atom_table.cif": "0 atoms",
    "flat.extxyz": "no volume",
    "flat_cell.cif": "angles are impossible",
    "huge_cell.cif": "lengths are impossible",
    "huge_position.cif": "Line 20: the position of atom O1 is impossible",
    "incommensurate.mcif": "incommensurate",
    "infinite_position.cif": "Line 20: the position of atom O1 is impossible",
    "missing_angle.cif": "_cell_angle_beta is missing",
    "missing_coordinate_column.cif": "no column _atom_site_fract_z",
    "molecule.xsf": "only crystals",
    "molecule.xyz": "no unit cell",
    "moment_is_huge.mcif": "moment of Ni1 is impossible",
    "moment_is_text.mcif": "moment of Ni1 is no number",
    "nan.extxyz": "position of atom 2 is impossible",
    "nan.json": "position of atom 1 is impossible",
    "nan_cell.cif": "lengths are impossible",
    "nan_position.cif": "Line 20: the position of atom O1 is impossible",
    "negative_cell.cif": "lengths are impossible",
    "negative_occupancy.cif": "Line 20: the occupancy of O1 is impossible",
    "no_atoms.cif": "No atoms are listed",
    "no_atoms.pwi": "Quantum ESPRESSO input",
    "no_cell.cif": "unit cell is incomplete",
    "no_cell.pdb": "no CRYST1",
    "no_volume.cif": "no volume",
    "only_a_comment.cif": "neither a unit cell nor atoms",
    "only_the_header.cif.gz": "damaged or cut short",
    "other.json": "no pymatgen structure",
    "overfull_site.cif": "O1 holds 1.8 atoms",
    "picture.cif": "picture",
    "powder_pattern.cif": "neither a unit cell nor atoms",
    "prose.txt": "known are CIF",
    "python_object.yaml": "the YAML is broken",
    "short_row.extxyz": "Line 4: an atom should stand here",
    "singular_operation.cif": "x,x,z",
    "stopped.pwo": "Quantum ESPRESSO output",
    "table.dat": "known are CIF",
    "text_cell.cif": "_cell_length_b is no number",
    "text_position.cif": "Line 20: a number of atom O1 cannot be read",
    "time_reversal_wrong.mcif": "x,y,z,+2",
    "truncated_in_atom_tags.cif": "0 atoms",
    "truncated_in_cell.cif": "_cell_length_c is missing",
    "truncated_in_row.cif": "Line 20: the atom table has 6 columns but ends in the middle of a row",
    "truncated_in_symmetry.cif": "No atoms are listed",
    "unknown_element.cif": "Line 19: 'Qq' is no element",
    "unknown_element.extxyz": "Line 4: 'Zz' is no element",
    "unknown_label_only.cif": "no element symbol",
    "unknown_magnetic_group.mcif": "magnetic space group",
    "unknown_positions.cif": "atom ni1 has no position",
    "unknown_space_group.cif": "Q 4 7",
    "vacancy.cif": "Line 20: 'Vac' is a vacancy",
    "vasprun_cut_short.xml": "Line 4: the XML breaks off",
    "vasprun_empty.xml": "no structure",
    "web_page.cif": "web page",
    "wrong_sites.json": "incomplete or damaged",
    "zero_atoms.extxyz": "0 atoms",
    "zero_atoms.json": "0 atoms",
    "zero_cell.cif": "lengths are impossible",
}


def test_the_table_names_every_file() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(REASONS)


@pytest.mark.parametrize("name", sorted(REASONS))
def test_reason_is_one_clear_line(name: str) -> None:
    results = list(read_structures(FOLDER / name))
    assert len(results) == 1
    error = results[0]
    assert isinstance(error, StructureReadError)
    assert REASONS[name].lower() in error.reason.lower()
    assert error.path == FOLDER / name
    assert error.frame is None
    assert "\n" not in error.reason and len(error.reason) <= 400
    assert re.match(r"[^a-z].*\.$", error.reason), (
        "a sentence begins with a capital and ends with a full stop"
    )
    assert "Traceback" not in error.reason and "Error:" not in error.reason


def test_bad_files_do_not_stop_good_ones(tmp_path: Path) -> None:
    from negnn_gui.structures.reading import example_paths, expand_paths

    good = next(path for path in example_paths() if path.stem == "NiO")
    results = [
        result
        for path in expand_paths([FOLDER, good, FOLDER / "prose.txt"])
        for result in read_structures(path)
    ]
    opened = [result for result in results if not isinstance(result, StructureReadError)]
    assert [entry.name for entry in opened] == ["NiO"]
    assert len(results) > 70
