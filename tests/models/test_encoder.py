"""The encoder: convolution against torch-geometric's, invariance, and what hiding hides."""

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure
from pymatgen.core.operations import SymmOp
from torch_geometric.nn import CGConv

from negnn_gui.graphs.batch import collate
from negnn_gui.graphs.build import build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.convolution import GatedConv, GaussianExpansion
from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig, Hidden
from negnn_gui.models.features import element_features
from negnn_gui.training.masking import hide

SPEC = GraphSpec()


def encoder(seed: int = 0) -> CrystalGraphEncoder:
    torch.manual_seed(seed)
    made = CrystalGraphEncoder(EncoderConfig(), SPEC, torch.tensor(element_features()))
    # batch norms with the statistics of real crystals, as a trained encoder has
    for norm in made.norms:
        norm.momentum = 1.0
    with torch.no_grad():
        made(collate([build_graph(crystal, SPEC) for crystal in CRYSTALS.values()]))
    return made.eval().requires_grad_(False)


def embed(model: CrystalGraphEncoder, structure: Structure) -> np.ndarray:
    return model(collate([build_graph(structure, SPEC)])).numpy()


CRYSTALS = {
    "bcc": Structure(Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
    "rock salt": Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.177), ["Ni", "O"], [[0] * 3, [0.5] * 3]),
    "hcp": Structure(
        Lattice.hexagonal(2.507, 4.069), ["Co"] * 2, [[1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]
    ),
    "perovskite": Structure.from_spacegroup(
        "Pm-3m", Lattice.cubic(3.9), ["La", "Mn", "O"], [[0] * 3, [0.5] * 3, [0.5, 0.5, 0]]
    ),
    "triclinic": Structure(
        Lattice.from_parameters(4.6, 5.3, 6.1, 83, 95, 107),
        ["Fe", "O", "O", "Cr"],
        [[0.02, 0.1, 0.2], [0.4, 0.5, 0.1], [0.7, 0.2, 0.6], [0.3, 0.8, 0.7]],
    ),
}


def test_the_convolution_is_torch_geometrics_cgconv() -> None:
    torch.manual_seed(1)
    ours = GatedConv(16, 41)
    theirs = CGConv(16, dim=41)
    # theirs: z = [target, source, edge] through one matrix for the gate and one for the message
    target, source, edge = ours.at_target.weight, ours.at_source.weight, ours.at_edge.weight
    joined = torch.cat([target, source, edge], dim=1)
    with torch.no_grad():
        theirs.lin_f.weight.copy_(joined[:16])
        theirs.lin_s.weight.copy_(joined[16:])
        theirs.lin_f.bias.copy_(ours.at_target.bias[:16])
        theirs.lin_s.bias.copy_(ours.at_target.bias[16:])
    graph = build_graph(CRYSTALS["triclinic"], SPEC)
    batch = collate([graph])
    gaussians = GaussianExpansion(SPEC)(batch.distance)
    vectors = torch.randn(batch.n_atoms, 16)
    expected = theirs(vectors, torch.stack([batch.source, batch.target]), gaussians)
    torch.testing.assert_close(ours(vectors, gaussians, batch), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", CRYSTALS)
def test_rotation_translation_order_and_supercell_change_nothing(name: str) -> None:
    model, crystal = encoder(), CRYSTALS[name]
    expected = embed(model, crystal)
    turned = crystal.copy()
    turned.apply_operation(SymmOp.from_axis_angle_and_translation([1, 2, 3], 37.0))
    moved = crystal.copy()
    moved.translate_sites(range(len(moved)), [0.137, 0.731, 0.402])
    np.testing.assert_allclose(embed(model, turned), expected, atol=1e-4)
    np.testing.assert_allclose(embed(model, moved), expected, atol=1e-4)
    order = np.random.default_rng(0).permutation(len(crystal))
    shuffled = Structure.from_sites([crystal[int(i)] for i in order])
    np.testing.assert_allclose(embed(model, shuffled), expected[:, order], atol=1e-4)
    doubled = crystal.copy().make_supercell([[2, 0, 0], [0, 1, 0], [1, 0, 2]])
    origin = [
        int(np.argmin([site.distance(other) if site.specie == other.specie else 9 for other in crystal]))
        for site in [_folded(s, crystal) for s in doubled]
    ]
    np.testing.assert_allclose(embed(model, doubled), expected[:, origin], atol=1e-4)


def _folded(site, crystal: Structure):
    from pymatgen.core import PeriodicSite

    return PeriodicSite(
        site.specie, site.coords, crystal.lattice, to_unit_cell=True, coords_are_cartesian=True
    )


def test_level_zero_is_the_element_and_higher_levels_hear_farther() -> None:
    model = encoder()
    one, two = CRYSTALS["rock salt"], CRYSTALS["rock salt"].copy()
    two.scale_lattice(two.volume * 1.1)
    first, second = embed(model, one), embed(model, two)
    assert first.shape == (6, 8, 64)
    np.testing.assert_array_equal(first[0], second[0])
    assert np.abs(first[1] - second[1]).max() > 1e-3


def test_lanthanides_are_told_apart() -> None:
    model = encoder()
    vectors = [
        embed(model, Structure(Lattice.cubic(5), [element], [[0, 0, 0]]))[0, 0]
        for element in ("Gd", "Tb", "Dy")
    ]
    assert min(np.abs(vectors[0] - vectors[1]).max(), np.abs(vectors[1] - vectors[2]).max()) > 1e-3


def test_a_hidden_atom_and_its_distances_cannot_be_seen() -> None:
    model = encoder()
    crystal = CRYSTALS["triclinic"]
    other = crystal.copy()
    other.replace(0, "Mn")
    batches = [collate([build_graph(s, SPEC)]) for s in (crystal, other)]
    atoms = torch.tensor([True, False, False, False])
    outputs = []
    for batch in batches:
        hidden = Hidden(atoms, atoms[batch.source] | atoms[batch.target])
        outputs.append(model(batch, hidden))
    torch.testing.assert_close(outputs[0], outputs[1])
    # distances of hidden edges do not matter either
    batch = batches[0]
    edges = atoms[batch.source] | atoms[batch.target]
    stretched = collate([build_graph(crystal, SPEC)])
    stretched.distance[edges] += 0.37
    torch.testing.assert_close(model(stretched, Hidden(atoms, edges)), outputs[0])


def test_hiding_takes_the_stated_number_in_every_structure() -> None:
    batch = collate([build_graph(s, SPEC) for s in CRYSTALS.values()] * 3)
    hidden = hide(batch, 0.15, torch.Generator().manual_seed(3))
    sizes = torch.bincount(batch.structure)
    counts = torch.bincount(batch.structure[hidden.atoms], minlength=batch.n_structures)
    assert counts.tolist() == [int(0.15 * n) + 1 for n in sizes.tolist()]
    again = hide(batch, 0.15, torch.Generator().manual_seed(4))
    assert not torch.equal(hidden.atoms, again.atoms)
    touched = hidden.atoms[batch.source] | hidden.atoms[batch.target]
    assert torch.equal(hidden.edges, touched)
