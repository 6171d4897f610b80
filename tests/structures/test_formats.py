"""Formats other than CIF: cell, order, elements and moments as in the file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import ase.io
import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import read_structures, read_text


@pytest.fixture
def crystal(example: Callable[[str], StructureEntry]) -> Structure:
    """LaMnO3 with its sites in an order that no writer would choose."""
    structure = example("LaMnO3").structure
    order = np.random.default_rng(3).permutation(len(structure))
    return Structure(
        structure.lattice,
        [structure[i].species for i in order],
        structure.frac_coords[order],
    )


def grouped(structure: Structure) -> Structure:
    """The same with each element's sites together, as POSCARs are mostly written."""
    return structure.get_sorted_structure()


def check(entry: object, structure: Structure, atol: float = 1e-5) -> StructureEntry:
    assert isinstance(entry, StructureEntry), entry
    assert entry.elements == tuple(site.specie.symbol for site in structure)
    np.testing.assert_allclose(entry.structure.lattice.abc, structure.lattice.abc, atol=atol)
    difference = entry.structure.frac_coords - structure.frac_coords
    np.testing.assert_allclose(difference - np.rint(difference), 0, atol=atol)
    return entry


@pytest.mark.parametrize(
    ("name", "fmt"),
    [("POSCAR", "poscar"), ("x.vasp", "poscar"), ("x.xsf", "xsf"), ("x.json", "json"), ("x.yaml", "yaml"),
     ("x.cssr", "cssr")],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_what_pymatgen_writes(tmp_path: Path, crystal: Structure, name: str, fmt: str, packed: bool) -> None:
    text = str(crystal.to(fmt=fmt))
    path = tmp_path / (name + ".gz" if packed else name)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    (entry,) = read_structures(path)
    entry = check(entry, crystal)
    assert entry.warnings == () and entry.frame == 0
    assert entry.name == {"POSCAR": "POSCAR"}.get(name, "x")
    assert len(set(entry.site_labels)) == len(crystal)


@pytest.mark.parametrize(
    ("name", "fmt"), [("x.extxyz", "extxyz"), ("x.pdb", "proteindatabank"), ("x.pwi", "espresso-in")]
)
def test_what_ase_writes(tmp_path: Path, crystal: Structure, name: str, fmt: str) -> None:
    path = tmp_path / name
    options = {"pseudopotentials": {e: f"{e}.upf" for e in ("La", "Mn", "O")}} if fmt == "espresso-in" else {}
    ase.io.write(path, AseAtomsAdaptor.get_atoms(crystal), format=fmt, **options)
    (entry,) = read_structures(path)
    check(entry, crystal, atol=1e-3)


def test_poscar_selective_dynamics_cartesian_and_velocities(read: Callable[..., StructureEntry]) -> None:
    text = """NiO
2.0
2.1 0 0
0 2.1 0
0 0 2.1
Ni O
1 1
Selective dynamics
Cartesian
0 0 0 T T F
1.05 1.05 1.05 F F F

0.1 0.2 0.3
"""
    entry = read(text, "POSCAR")
    assert entry.elements == ("Ni", "O")
    np.testing.assert_allclose(entry.structure.frac_coords, [[0, 0, 0], [0.5, 0.5, 0.5]])
    np.testing.assert_allclose(entry.structure.lattice.abc, 4.2)
    volume = read(text.replace("2.0", "-74.088", 1), "POSCAR")
    np.testing.assert_allclose(volume.structure.lattice.abc, 4.2)
    np.testing.assert_allclose(volume.structure.frac_coords[1], [0.5, 0.5, 0.5])


def test_poscar_dialects(read: Callable[..., StructureEntry]) -> None:
    old = "c\n1\n4.2 0 0\n0 4.2 0\n0 0 4.2\n1 1\nDirect\n0 0 0 Ni\n0.5 0.5 0.5 O\n"
    assert read(old, "POSCAR").elements == ("Ni", "O")
    hashed = "c\n1\n4.2 0 0\n0 4.2 0\n0 0 4.2\nNi_pv/f474ac0d O/79d9987a\n1 1\nDirect\n0 0 0\n0.5 0.5 0.5\n"
    assert read(hashed, "POSCAR").elements == ("Ni", "O")
    left = "c\n1\n0 4.2 0\n4.2 0 0\n0 0 4.2\nNi\n1\nDirect\n0 0 0\n"
    assert any("left-handed" in warning for warning in read(left, "POSCAR").warnings)
    wrapped = "c\n1\n9 0 0\n0 9 0\n0 0 9\nNi O\nNi O\n1 1\n1 1\nDirect\n" + "\n".join(
        f"0 0 {i / 4}" for i in range(4)
    )
    assert read(wrapped, "POSCAR").elements == ("Ni", "O", "Ni", "O")


def test_only_the_head_of_a_chgcar_is_read(tmp_path: Path, crystal: Structure) -> None:
    path = tmp_path / "CHGCAR"
    head = grouped(crystal).to(fmt="poscar").rstrip("\n")
    path.write_text(head + "\n\n 40 40 40\n" + "garbage that is no grid\n" * 50, encoding="utf-8")
    (entry,) = read_structures(path)
    check(entry, grouped(crystal))


VASPRUN = """<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
 <incar>
  <i type="int" name="ISPIN">2</i>
  <v name="MAGMOM"> 2.0 -2.0</v>
 </incar>
 <atominfo>
  <atoms>2</atoms>
  <array name="atoms"><dimension dim="1">ion</dimension><set>
   <rc><c>Ni</c><c>1</c></rc><rc><c>O </c><c>2</c></rc>
  </set></array>
 </atominfo>
 <structure name="initialpos"><crystal><varray name="basis">
  <v>4.0 0 0</v><v>0 4.0 0</v><v>0 0 4.0</v></varray></crystal>
  <varray name="positions"><v>0 0 0</v><v>0.4 0.5 0.5</v></varray></structure>
 <calculation><dos><total><array><set><set><r>1 2 3</r></set></set></array></total></dos>
  <structure><crystal><varray name="basis">
  <v>4.2 0 0</v><v>0 4.2 0</v><v>0 0 4.2</v></varray></crystal>
  <varray name="positions"><v>0 0 0</v><v>0.5 0.5 0.5</v></varray></structure>
 </calculation>
"""


def test_vasprun_gives_the_last_structure(tmp_path: Path) -> None:
    path = tmp_path / "vasprun.xml"
    path.write_text(VASPRUN + "</modeling>\n", encoding="utf-8")
    (entry,) = read_structures(path)
    assert isinstance(entry, StructureEntry)
    assert entry.elements == ("Ni", "O") and entry.structure.lattice.a == pytest.approx(4.2)
    np.testing.assert_allclose(entry.moment_input, [2, -2])
    assert entry.moment_vectors is None
    assert any("started from" in warning for warning in entry.warnings)


def test_vasprun_of_an_unfinished_run(tmp_path: Path) -> None:
    path = tmp_path / "vasprun.xml"
    path.write_text(VASPRUN + " <calculation><dos><tot", encoding="utf-8")
    (entry,) = read_structures(path)
    assert isinstance(entry, StructureEntry) and entry.structure.lattice.a == pytest.approx(4.2)
    assert any("did not finish" in warning for warning in entry.warnings)


def test_json_with_moments_labels_and_disorder() -> None:
    structure = Structure(
        Lattice.cubic(4.2),
        [{"Fe": 0.5, "Co": 0.5}, "O"],
        [[0, 0, 0], [0.5, 0.5, 0.5]],
        site_properties={"magmom": [2.5, -0.5]},
        labels=["M1", "Oxy"],
    )
    (entry,) = read_text(structure.to(fmt="json"), "x.json")
    assert not entry.is_ordered and entry.site_labels == ("M1", "Oxy")
    np.testing.assert_allclose(entry.moment_input, [2.5, -0.5])


def test_json_spins_of_species_and_vectors() -> None:
    structure = Structure(Lattice.cubic(4.2), ["Ni", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    structure.add_spin_by_site([1.7, 0])
    (entry,) = read_text(structure.to(fmt="json"), "x.json")
    np.testing.assert_allclose(entry.moment_input, [1.7, 0])
    structure = Structure(
        Lattice.cubic(4.2), ["Ni"], [[0, 0, 0]], site_properties={"magmom": [[0.0, 3.0, 4.0]]}
    )
    (entry,) = read_text(structure.to(fmt="json"), "x.json")
    np.testing.assert_allclose(entry.moment_input, [5])
    np.testing.assert_allclose(entry.moment_vectors, [[0, 3, 4]])


def test_json_wrapped_in_documents(crystal: Structure) -> None:
    document = {"results": [{"material_id": "a", "structure": crystal.as_dict()}] * 2}
    entries = read_text(json.dumps(document), "download.json")
    assert [entry.frame for entry in entries] == [0, 1]


def test_json_names_no_code_to_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    structure = Structure(Lattice.cubic(3), ["Fe"], [[0, 0, 0]]).as_dict()
    structure["sites"][0]["properties"] = {
        "magmom": {"@module": "pathlib", "@class": "Path", "@callable": "touch", "args": [str(marker)]}
    }
    read_text(json.dumps(structure), "x.json")
    assert not marker.exists()


def test_pdb_symmetry_is_not_applied_and_that_is_said(tmp_path: Path) -> None:
    atom = "HETATM    1 FE   HEM A   1       1.000   1.000   1.000  1.00  0.00          FE\n"
    cell = "CRYST1   10.000   10.000   10.000  90.00  90.00  90.00 P 21 21 21    4\n"
    path = tmp_path / "x.pdb"
    path.write_text(
        cell + "MODEL        1\n" + atom + "ENDMDL\nMODEL        2\n" + atom + "ENDMDL\nEND\n",
        encoding="utf-8",
    )
    entries = list(read_structures(path))
    assert [(entry.frame, entry.n_sites) for entry in entries] == [(0, 1), (1, 1)]
    assert any("P 21 21 21" in warning for warning in entries[0].warnings)


PWO = """     Program PWSCF v.7.0 starts on  1Jan2024 at 10: 0: 0

     bravais-lattice index     =            0
     lattice parameter (alat)  =       7.9370  a.u.
     unit-cell volume          =     500.0000 (a.u.)^3
     number of atoms/cell      =            2
     number of atomic types    =            2

     celldm(1)=   7.937000  celldm(2)=   0.000000  celldm(3)=   0.000000

     crystal axes: (cart. coord. in units of alat)
               a(1) = (   1.000000   0.000000   0.000000 )
               a(2) = (   0.000000   1.000000   0.000000 )
               a(3) = (   0.000000   0.000000   1.000000 )

   Cartesian axes

     site n.     atom                  positions (alat units)
         1           Ni  tau(   1) = (   0.0000000   0.0000000   0.0000000  )
         2           O   tau(   2) = (   0.5000000   0.5000000   0.5000000  )

!    total energy              =    -100.00000000 Ry

CELL_PARAMETERS (angstrom)
   4.300000000   0.000000000   0.000000000
   0.000000000   4.300000000   0.000000000
   0.000000000   0.000000000   4.300000000

ATOMIC_POSITIONS (crystal)
Ni            0.0000000000        0.0000000000        0.0000000000
O             0.5000000000        0.5000000000        0.4900000000

!    total energy              =    -100.10000000 Ry
"""


def test_quantum_espresso_output_has_a_frame_a_step() -> None:
    entries = read_text(PWO, "relax.out")
    assert [entry.elements for entry in entries] == [("Ni", "O")] * 2
    assert entries[0].structure.lattice.a == pytest.approx(7.937 * 0.529177, abs=1e-3)
    assert entries[1].structure.lattice.a == pytest.approx(4.3)
    np.testing.assert_allclose(entries[1].structure.frac_coords[1], [0.5, 0.5, 0.49])


def test_animated_xsf() -> None:
    step = "PRIMVEC {n}\n4.2 0 0\n0 4.2 0\n0 0 4.2\nPRIMCOORD {n}\n1 1\n28 0 0 {n}\n"
    entries = read_text("ANIMSTEPS 2\nCRYSTAL\n" + step.format(n=1) + step.format(n=2), "x.axsf")
    assert [entry.structure.cart_coords[0, 2] for entry in entries] == pytest.approx([1, 2])
    assert entries[0].elements == ("Ni",)
