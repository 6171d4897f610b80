"""What CIFs say and how it is read: order, labels, occupancies, symmetry, repairs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import read_text

HEXAGONAL = """_cell_length_a 5
_cell_length_b 5
_cell_length_c 12
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
"""
Read = Callable[[str], StructureEntry]
Cif = Callable[..., str]


def warned(entry: StructureEntry, text: str) -> bool:
    return any(text in warning for warning in entry.warnings)


def test_sites_keep_the_order_of_the_file_and_its_symmetry_operations(cif: Cif, read: Read) -> None:
    entry = read(
        cif("O1 O 0.1 0.2 0.3 1\nFe1 Fe 0.4 0.5 0.6 1\nLi1 Li 0.7 0.8 0.85 1", "x,y,z;-x,-y,z;x,y,-z")
    )
    assert entry.elements == ("O",) * 3 + ("Fe",) * 3 + ("Li",) * 3
    assert entry.site_labels == ("O1", "O1_2", "O1_3", "Fe1", "Fe1_2", "Fe1_3", "Li1", "Li1_2", "Li1_3")
    np.testing.assert_allclose(
        entry.structure.frac_coords[:3], [[0.1, 0.2, 0.3], [0.9, 0.8, 0.3], [0.1, 0.2, 0.7]]
    )
    assert entry.structure.labels == list(entry.site_labels)
    assert entry.warnings == ()


def test_cell_is_that_of_the_file(cif: Cif, read: Read) -> None:
    cell = CELL_TRICLINIC
    entry = read(cif("Fe1 Fe 0 0 0 1", cell=cell))
    np.testing.assert_allclose(entry.structure.lattice.abc, (5.1, 6.2, 7.3))
    np.testing.assert_allclose(entry.structure.lattice.angles, (81.5, 94.25, 106.0))


CELL_TRICLINIC = """_cell_length_a 5.1(2)
_cell_length_b 6.2000(13)
_cell_length_c 7.3
_cell_angle_alpha 81.5
_cell_angle_beta 94.25
_cell_angle_gamma 106(1)
"""


def test_labels_that_repeat_are_told_apart(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe Fe 0 0 0 1\nFe_2 Fe 0.5 0 0 1\nFe Fe 0 0.5 0 1\nFe Fe 0 0 0.5 1"))
    assert entry.site_labels == ("Fe", "Fe_2", "Fe_3", "Fe_4")


def test_special_position_gives_one_site(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe1 Fe 0 0 0 1", "x,y,z;-x,-y,-z;x,y,-z;-x,-y,z"))
    assert entry.n_sites == 1


@pytest.mark.parametrize(("digits", "repaired"), [("0.3333 0.6667", False), ("0.333 0.667", True)])
def test_thirds_with_few_digits(cif: Cif, read: Read, digits: str, repaired: bool) -> None:
    entry = read(cif(f"Co1 Co {digits} 0.25 1", "x,y,z;-y,x-y,z;-x+y,-x,z", cell=HEXAGONAL))
    assert entry.n_sites == 1
    assert warned(entry, "few digits") is repaired


def test_shared_and_partly_empty_sites(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe1 Fe 0 0 0 0.6\nMn1 Mn 0 0 0 0.4\nO1 O 0.5 0.5 0.5 0.9", "x,y,z;-x,-y,-z"))
    assert not entry.is_ordered
    assert entry.site_labels == ("Fe1", "O1")
    first, second = (site.species.get_el_amt_dict() for site in entry.structure)
    assert first == pytest.approx({"Fe": 0.6, "Mn": 0.4})
    assert second == pytest.approx({"O": 0.9})


def test_pauling_file_mixture(cif: Cif, read: Read) -> None:
    entry = read(cif("M1 '0.8Nb + 0.2Zr' 0 0 0 1"))
    assert entry.structure[0].species.get_el_amt_dict() == pytest.approx({"Nb": 0.8, "Zr": 0.2})


def test_occupancies_slightly_above_one_are_scaled(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe1 Fe 0 0 0 0.55\nMn1 Mn 0 0 0 0.5"))
    assert entry.structure[0].species.num_atoms == pytest.approx(1)
    assert warned(entry, "Occupancies slightly above 1")


def test_occupancies_rounded_in_the_file_are_full(cif: Cif, read: Read) -> None:
    assert read(cif("Fe1 Fe 0 0 0 0.9999")).is_ordered


def test_atoms_listed_twice_are_taken_once(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe1 Fe 0.1 0 0 1\nFe2 Fe 0.9 0 0 1", "x,y,z;-x,-y,-z"))
    assert entry.n_sites == 2
    assert warned(entry, "taken once")


def test_valences_of_one_element_on_one_site_become_that_element(cif: Cif, read: Read) -> None:
    oxidation = "loop_\n_atom_type_symbol\n_atom_type_oxidation_number\nFe2+ 2\nFe3+ 3\nO2- -2\n"
    entry = read(cif("Fe1 Fe2+ 0 0 0 0.5\nFe2 Fe3+ 0 0 0 0.5\nO1 O2- 0.5 0.5 0.5 1", extra=oxidation))
    assert entry.is_ordered and entry.elements == ("Fe", "O")
    assert warned(entry, "different valence")
    assert entry.structure[1].specie.oxi_state == -2


@pytest.mark.parametrize(
    ("symbol", "element", "note"),
    [("D", "H", "deuterium"), ("T", "H", "tritium"), ("FE", "Fe", ""), ("fe3+", "Fe", ""), ("O-2", "O", ""),
     ("O2-", "O", ""), ("Ow", "O", "Ow is read as O"), ("Fe0+", "Fe", "")],
)  # fmt: skip
def test_type_symbols(cif: Cif, read: Read, symbol: str, element: str, note: str) -> None:
    entry = read(cif(f"A1 {symbol} 0 0 0 1"))
    assert entry.elements == (element,)
    assert (
        any(note.lower() in warning.lower() for warning in entry.warnings) if note else entry.warnings == ()
    )


@pytest.mark.parametrize(
    ("label", "element"),
    [("Fe1", "Fe"), ("O2A", "O"), ("OW1", "O"), ("Co", "Co"), ("N1", "N"), ("H12B", "H")],
)
def test_element_from_the_label(read: Read, cif: Cif, label: str, element: str) -> None:
    text = cif(f"{label} ? 0 0 0 1")
    assert read(text).elements == (element,)


def test_rows_without_position_or_atoms_are_left_out_and_named(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe1 Fe 0 0 0 1\nH1 H ? ? ? 1\nO1 O 0.5 0.5 0.5 0"))
    assert entry.elements == ("Fe",)
    assert warned(entry, "H1, O1")


def test_overlapping_atoms_open_with_a_warning(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe1 Fe 0.02 0 0 1\nO1 O 0.97 0 0 1"))
    assert entry.n_sites == 2
    assert warned(entry, "Fe1 and O1")


def test_half_filled_split_sites_are_no_overlap(cif: Cif, read: Read) -> None:
    assert read(cif("H1 H 0.02 0 0 0.5\nH2 H 0.98 0 0 0.5")).warnings == ()


def test_lost_atoms_are_noticed_by_the_formula(cif: Cif, read: Read) -> None:
    lost = read(cif("Fe1 Fe 0 0 0 1", extra="_chemical_formula_sum 'Fe O'\n"))
    assert warned(lost, "has O, the atom table has not")
    fewer = read(cif("Fe1 Fe 0 0 0 1\nO1 O 0.5 0.5 0.5 1", extra="_chemical_formula_sum 'Fe2 O3'\n"))
    assert warned(fewer, "do not add up")
    right = read(cif("Fe1 Fe 0 0 0 1\nD1 D 0.5 0.5 0.5 1", extra="_chemical_formula_sum 'Fe D'\n"))
    assert not warned(right, "formula")


def test_blocks_are_frames_also_with_one_name(cif: Cif) -> None:
    text = cif("Fe1 Fe 0 0 0 1") + cif("Co1 Co 0 0 0 1") + "data_global\n_audit_creation_date 2020-01-01\n"
    entries = read_text(text, "two.cif")
    assert [(entry.frame, entry.elements, entry.name) for entry in entries] == [
        (0, ("Fe",), "two"),
        (1, ("Co",), "two"),
    ]
    assert entries[0].id != entries[1].id


def test_a_bad_block_is_one_error_among_frames(cif: Cif, tmp_path) -> None:
    from negnn_gui.structures.reading import read_structures

    path = tmp_path / "three.cif"
    path.write_text(
        cif("Qq1 Qq 0 0 0 1") + cif("Fe1 Fe 0 0 0 1") + cif("Fe1 Fe 0 0 zero 1"), encoding="utf-8"
    )
    results = list(read_structures(path))
    assert [result.frame for result in results] == [0, 1, 2]
    assert [isinstance(result, StructureReadError) for result in results] == [True, False, True]


def test_syntax_in_all_its_forms(read: Read) -> None:
    text = """#\\#CIF_1.1
data_odd
_publ_section_title
;A title with 'quotes', # no comment
and loop_ and data_ in it
;
_cell.length_a   4.0(1)   _CELL_LENGTH_B "4.0" # comment
_cell_length_c
  '4.0'
_cell_angle_alpha 90 _cell_angle_beta 90 _cell_angle_gamma 90
loop_ _symmetry_equiv_pos_as_xyz 'x, y, z' "1/2+X, Y+1/2, 0.5 + Z"
loop_
_atom_site.label
_atom_site.fract_x _atom_site.fract_y
_atom_site.fract_z
Fe1 0.0 .0
0 O1' 0.25
-0.25 1.25E0
loop_
_citation_id
_citation_title
1 'it''s'
"""
    entry = read(text)
    assert entry.elements == ("Fe", "Fe", "O", "O")
    np.testing.assert_allclose(entry.structure.frac_coords[2], [0.25, 0.75, 0.25])
    assert entry.structure.lattice.abc == (4.0, 4.0, 4.0)


def test_the_data_line_may_be_missing(cif: Cif, read: Read) -> None:
    assert read(cif("Fe1 Fe 0 0 0 1").split("\n", 1)[1]).elements == ("Fe",)


def test_stray_text_is_named_with_its_line(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe1 Fe 0 0 0 1", extra="_publ_section_title no quotes here\n"))
    assert warned(entry, "Line 8")


def test_cartesian_coordinates(read: Read, cif: Cif) -> None:
    text = cif("Fe1 Fe 2.1 1.05 0 1").replace("fract_", "Cartn_")
    np.testing.assert_allclose(read(text).structure.frac_coords, [[0.5, 0.25, 0]], atol=1e-12)


def test_cif_under_another_name_is_recognised(cif: Cif) -> None:
    text = cif("Fe1 Fe 0 0 0 1")
    assert read_text(text, "structure.txt")[0].warnings == ()
    (entry,) = read_text(text, "pasted")
    assert (entry.name, entry.path) == ("pasted", None)
    (entry,) = read_text(text, "wrong.xyz")
    assert warned(entry, "the content is CIF")


def test_read_text_raises_the_first_reason(cif: Cif) -> None:
    with pytest.raises(StructureReadError, match="Qq"):
        read_text(cif("Qq1 Qq 0 0 0 1") + cif("Fe1 Fe a b c 1"), "x.cif")
    with pytest.raises(StructureReadError, match="empty"):
        read_text("  \n", "clipboard")
    with pytest.raises(StructureReadError, match="known are CIF"):
        read_text("hello", "clipboard")


def test_warnings_of_libraries_stay_inside(cif: Cif, recwarn: pytest.WarningsRecorder) -> None:
    read_text(cif("D1 D 0 0 0 1\nFe1 Fe 0.5 0.5 0.5 0.5", operations=""), "x.cif")
    assert not recwarn.list


def test_twenty_thousand_atoms(tmp_path) -> None:
    from negnn_gui.structures.reading import read_structures

    grid = np.indices((28, 28, 28)).reshape(3, -1).T[:20_000] / 28
    rows = "\n".join(f"Fe{i} Fe {x:.6f} {y:.6f} {z:.6f}" for i, (x, y, z) in enumerate(grid))
    cell = "".join(f"_cell_length_{axis} 70\n" for axis in "abc")
    cell += "".join(f"_cell_angle_{angle} 90\n" for angle in ("alpha", "beta", "gamma"))
    columns = "".join(
        f"_atom_site_{name}\n" for name in ("label", "type_symbol", "fract_x", "fract_y", "fract_z")
    )
    path = tmp_path / "large.cif"
    path.write_text(f"data_x\n{cell}loop_\n{columns}{rows}\n", encoding="utf-8")
    (entry,) = read_structures(path)
    assert isinstance(entry, StructureEntry) and entry.n_sites == 20_000
    assert len(set(entry.equivalent)) == 20_000


def test_twenty_thousand_atoms_on_one_spot_are_refused_or_named(cif: Cif) -> None:
    rows = "\n".join(f"A{i} {'Fe' if i % 2 else 'O'} 0 0 {i * 1e-8:.9f} 0.01" for i in range(20_000))
    with pytest.raises(StructureReadError, match="on top of each other"):
        read_text(cif(rows), "x.cif")


def test_only_hydrogens_may_lack_a_position(cif: Cif, read: Read) -> None:
    entry = read(cif("Fe1 Fe 0 0 0 1\nH1 H ? ? ? 1"))
    assert entry.elements == ("Fe",) and warned(entry, "H1")
    with pytest.raises(StructureReadError, match="atom Fe1 has no position"):
        read(cif("Fe1 Fe ? 0 0 1\nO1 O 0.5 0.5 0.5 1"))
