"""Moments of magnetic CIFs: crystal-axis components to Cartesian vectors, worked out by hand on oblique cells.

The Cartesian frame is pymatgen's: c along z, a in the xz plane.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pymatgen.core import Lattice

from negnn_gui.structures import magnetic
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import read_text

Read = Callable[[str], StructureEntry]


def mcif(cell: tuple[float, ...], operations: str, atoms: str, moments: str, extra: str = "") -> str:
    """A magnetic CIF; operations separated by ";", rows by line ends."""
    lengths = "".join(f"_cell_length_{axis} {value}\n" for axis, value in zip("abc", cell[:3], strict=True))
    names = ("alpha", "beta", "gamma")
    angles = "".join(f"_cell_angle_{name} {value}\n" for name, value in zip(names, cell[3:], strict=True))
    listed = "".join(
        f"{index} {operation}\n" for index, operation in enumerate(operations.split(";"), start=1)
    )
    return (
        f"data_x\n{lengths}{angles}{extra}"
        f"loop_\n_space_group_symop_magn_operation.id\n_space_group_symop_magn_operation.xyz\n{listed}"
        "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
        f"{atoms}\n"
        "loop_\n_atom_site_moment.label\n_atom_site_moment.crystalaxis_x\n_atom_site_moment.crystalaxis_y\n"
        f"_atom_site_moment.crystalaxis_z\n{moments}\n"
    )


HEXAGONAL = (5.665, 5.665, 4.531, 90, 90, 120)


@pytest.mark.parametrize(
    ("components", "vector"),
    [
        # a = (1, 0, 0), b = (-1/2, sqrt(3)/2, 0), c = (0, 0, 1) as unit vectors.
        ((3, 0, 0), (3, 0, 0)),
        ((0, 3, 0), (-1.5, 2.598076, 0)),
        ((3, 3, 0), (1.5, 2.598076, 0)),
        ((1, 2, 0), (0, 1.732051, 0)),
        ((-1, 1, 2), (-1.5, 0.866025, 2)),
    ],
)
def test_hexagonal_components(components: tuple[float, ...], vector: tuple[float, ...], read: Read) -> None:
    entry = read(mcif(HEXAGONAL, "x,y,z,+1", "Mn1 Mn 0.1 0.2 0.3", "Mn1 {} {} {}".format(*components)))
    assert entry.moment_vectors is not None and entry.moment_input is not None
    np.testing.assert_allclose(entry.moment_vectors, [vector], atol=1e-6)
    np.testing.assert_allclose(entry.moment_input, [np.linalg.norm(vector)], atol=1e-6)


def test_hexagonal_triangle_of_mn3sn(read: Read) -> None:
    """Mn3Sn (P6_3/mmc, a = 5.665, c = 4.531 Å, Mn at (x, 2x, 1/4), x = 0.8388): three moments of 3 μB at 120°.

    The threefold axis turns a moment along a into one along b and one along -(a + b).
    Brown et al., J. Phys.: Condens. Matter 2 (1990) 9409.
    """
    entry = read(
        mcif(
            HEXAGONAL, "x,y,z,+1;-y,x-y,z,+1;-x+y,-x,z,+1", "Mn1 Mn 0.8388 0.6776 0.25\nSn1 Sn 0.333333 0.666667 0.25",
            "Mn1 3 0 0",
        )
    )  # fmt: skip
    assert entry.moment_vectors is not None and entry.moment_input is not None
    np.testing.assert_allclose(
        entry.moment_vectors[:3], [[3, 0, 0], [-1.5, 2.598076, 0], [-1.5, -2.598076, 0]], atol=1e-6
    )
    np.testing.assert_allclose(entry.moment_vectors[:3].sum(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(entry.moment_input[:3], 3)
    assert np.isnan(entry.moment_input[3]) and np.isnan(entry.moment_vectors[3]).all()


MONOCLINIC = (4.6837, 3.4226, 5.1288, 90, 99.54, 90)


def test_monoclinic_cell_of_cuo(read: Read) -> None:
    """CuO (C2/c, a = 4.6837, b = 3.4226, c = 5.1288 Å, beta = 99.54°; Asbrink and Norrby, Acta Cryst. B26 (1970) 8).

    Unit axes: a = (sin beta, 0, cos beta) = (0.986170, 0, -0.165737), b = (0, 1, 0), c = (0, 0, 1).
    A moment of 0.65 along b is (0, 0.65, 0); (1, 0, 1) is (0.986170, 0, 0.834263), of length 1.291714.
    """
    operations = "x,y,z,+1;-x,y,-z+1/2,+1;-x,-y,-z,+1;x,-y,z+1/2,-1"
    entry = read(
        mcif(MONOCLINIC, operations, "Cu1 Cu 0.25 0.1 0.1\nCu2 Cu 0.1 0.3 0.4", "Cu1 1 0 1\nCu2 0 0.65 0")
    )
    assert entry.moment_vectors is not None and entry.moment_input is not None
    m = (0.986170, 0, 0.834263)
    expected = [
        m,  # x, y, z
        (-m[0], 0, -m[2]),  # a twofold axis along b turns what lies across it
        m,  # inversion leaves an axial vector as it is
        m,  # a glide plane across b turns m like the axis, time reversal turns it back
    ]
    np.testing.assert_allclose(entry.moment_vectors[:4], expected, atol=2e-6)
    along_b = [(0, 0.65, 0), (0, 0.65, 0), (0, 0.65, 0), (0, -0.65, 0)]
    np.testing.assert_allclose(entry.moment_vectors[4:], along_b, atol=1e-9)
    np.testing.assert_allclose(entry.moment_input[:4], 1.291714, atol=2e-6)


TRICLINIC = (4.7026, 5.8389, 4.8784, 91.68, 92.47, 82.81)


def test_triclinic_cell_of_cuwo4(read: Read) -> None:
    """CuWO4 (P-1, a = 4.7026, b = 5.8389, c = 4.8784 Å, 91.68, 92.47, 82.81°; Kihlborg and Gebert, Acta Cryst. B26
    (1970) 1020), Cu at (0.4953, 0.6598, 0.2449).

    cos alpha = -0.029318, cos beta = -0.043096, cos gamma = 0.125161; sin alpha = 0.999570, sin beta = 0.999071.
    cos gamma* = (cos alpha cos beta - cos gamma) / (sin alpha sin beta) = -0.124067, sin gamma* = 0.992274.
    Unit axes: a = (sin beta, 0, cos beta), b = (-sin alpha cos gamma*, sin alpha sin gamma*, cos alpha), c = (0, 0, 1).
    """
    a = (0.999071, 0, -0.043096)
    b = (0.124014, 0.991847, -0.029318)
    entry = read(
        mcif(
            TRICLINIC,
            "x,y,z,+1;-x,-y,-z,-1",
            "Cu1 Cu 0.4953 0.6598 0.2449\nCu2 Cu 0.1 0.2 0.3",
            "Cu1 0.6 0 0\nCu2 1 2 3",
        )
    )
    assert entry.moment_vectors is not None and entry.moment_input is not None
    first, second, third, fourth = entry.moment_vectors
    np.testing.assert_allclose(first, [0.6 * part for part in a], atol=2e-6)
    np.testing.assert_allclose(second, -first, atol=1e-9)
    # 1 a + 2 b + 3 c
    np.testing.assert_allclose(third, (1.247099, 1.983694, 2.898268), atol=5e-6)
    np.testing.assert_allclose(third, [a[i] + 2 * b[i] + (0, 0, 3)[i] for i in range(3)], atol=5e-6)
    np.testing.assert_allclose(fourth, -third, atol=1e-9)
    # Without any frame: 1 + 4 + 9 + 2 (1*2 cos gamma + 1*3 cos beta + 2*3 cos alpha) = 13.890...
    length = np.sqrt(14 + 2 * (2 * 0.125161 - 3 * 0.043096 - 6 * 0.029318))
    np.testing.assert_allclose(entry.moment_input[2:], length, atol=5e-6)


def test_same_as_pymatgen_with_its_magnitude_fix(read: Read) -> None:
    """pymatgen-core #76 (June 2026) mended moments under operations that mix axes of unequal length."""
    from pymatgen.io.cif import CifParser

    text = mcif((5, 6, 7, 80, 95, 105), "x,y,z,+1;-x,-y,-z,-1", "Mn1 Mn 0.1 0.2 0.3", "Mn1 1 2 3")
    text += mcif((5, 9, 7, 90, 90, 90), "x,y,z,+1", "Mn1 Mn 0.1 0.2 0.3", "Mn1 1 2 3").replace(
        "data_x", "data_y"
    )
    ours = read_text(text, "x.mcif")
    theirs = CifParser.from_str(text).parse_structures(primitive=False, on_error="ignore")
    for entry, structure in zip(ours, theirs, strict=True):
        assert entry.moment_input is not None
        np.testing.assert_allclose(entry.moment_input, [abs(site.properties["magmom"]) for site in structure])


def test_centring_that_reverses_time(read: Read) -> None:
    """The doubled cell of an antiferromagnet: the centring translation turns the moment."""
    extra = (
        "loop_\n_space_group_symop_magn_centering.id\n_space_group_symop_magn_centering.xyz\n"
        "1 x,y,z,+1\n2 x,y,z+1/2,-1\n"
    )
    entry = read(mcif((4, 4, 8, 90, 90, 90), "x,y,z,+1", "Ni1 Ni 0 0 0", "Ni1 1.7 0 0", extra))
    assert entry.moment_vectors is not None
    np.testing.assert_allclose(entry.moment_vectors, [[1.7, 0, 0], [-1.7, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(entry.structure.frac_coords, [[0, 0, 0], [0, 0, 0.5]])


def test_example_mnf2(example: Callable[[str], StructureEntry]) -> None:
    entry = example("MnF2")
    assert entry.moment_vectors is not None and entry.moment_input is not None
    np.testing.assert_allclose(entry.moment_vectors[:2], [[0, 0, 4.6], [0, 0, -4.6]], atol=1e-12)
    np.testing.assert_allclose(entry.moment_input[:2], 4.6)
    assert np.isnan(entry.moment_input[2:]).all()


def test_magnetic_group_by_its_name() -> None:
    """MnF2 with the group's name instead of its operations."""
    text = mcif(
        (4.8736, 4.8736, 3.3, 90, 90, 90), "x,y,z,+1", "Mn1 Mn 0 0 0\nF1 F 0.3046 0.3046 0", "Mn1 0 0 4.6"
    )
    start, end = text.index("loop_"), text.index("loop_\n_atom_site_label")
    text = text[:start] + "_space_group_magn.name_BNS \"P4_2'/mnm'\"\n" + text[end:]
    (entry,) = read_text(text, "x.mcif")
    assert entry.formula == "MnF2" and entry.moment_vectors is not None
    np.testing.assert_allclose(sorted(entry.moment_vectors[:2, 2]), [-4.6, 4.6])


def test_moment_that_the_symmetry_forbids_is_named(read: Read) -> None:
    entry = read(mcif((4, 4, 4, 90, 90, 90), "x,y,z,+1;-x,-y,z,+1", "Fe1 Fe 0 0 0", "Fe1 2 0 0"))
    assert any("does not allow" in warning and "Fe1" in warning for warning in entry.warnings)


def test_moments_that_are_not_given_stay_unknown(read: Read) -> None:
    none = read(mcif((4, 4, 4, 90, 90, 90), "x,y,z,+1", "Fe1 Fe 0 0 0", "Fe1 ? ? ?"))
    assert none.moment_input is None and none.moment_vectors is None
    assert any("no moments" in warning for warning in none.warnings)
    zero = read(mcif((4, 4, 4, 90, 90, 90), "x,y,z,+1", "Fe1 Fe 0 0 0", "Fe1 0 0 0"))
    assert zero.moment_input is not None and zero.moment_input[0] == 0
    stranger = read(mcif((4, 4, 4, 90, 90, 90), "x,y,z,+1", "Fe1 Fe 0 0 0", "Fe1 1 0 0\nCo9 1 0 0"))
    assert any("Co9" in warning for warning in stranger.warnings)


def test_uncertainties_in_moments(read: Read) -> None:
    entry = read(mcif((4, 4, 4, 90, 90, 90), "x,y,z,+1", "Fe1 Fe 0 0 0", "Fe1 1.25(3) . -0.5(1)"))
    assert entry.moment_vectors is not None
    np.testing.assert_allclose(entry.moment_vectors, [[1.25, 0, -0.5]])


def test_modulated_magnets_are_refused() -> None:
    text = mcif(
        (4, 4, 4, 90, 90, 90), "x,y,z,+1", "Fe1 Fe 0 0 0", "Fe1 1 0 0", "_cell_modulation_dimension 1\n"
    )
    with pytest.raises(StructureReadError, match="incommensurate"):
        read_text(text, "x.mcif")


def test_crystal_axes_and_back() -> None:
    matrix = Lattice.from_parameters(5, 6, 7, 80, 95, 105).matrix
    vectors = np.random.default_rng(0).normal(size=(10, 3))
    components = magnetic.cartesian_to_crystal_axes(vectors, matrix)
    np.testing.assert_allclose(magnetic.crystal_axes_to_cartesian(components, matrix), vectors)
