"""What hidden sites read of the visible ones of their own crystal."""

import torch
from pymatgen.core import Lattice, Structure

from negnn_gui.graphs.batch import GraphBatch, collate
from negnn_gui.graphs.build import build_graph
from negnn_gui.graphs.spec import GraphSpec
from negnn_gui.models.encoder import Hidden
from negnn_gui.models.site_attention import SiteAttention
from negnn_gui.models.ssl_heads import SSLHeads, SSLHeadsConfig

FE = Structure(Lattice.cubic(2.8665), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
MNO = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.446), ["Mn", "O"], [[0] * 3, [0.5] * 3])
ALONE = Structure(Lattice.cubic(4), ["Ni"], [[0, 0, 0]])


def batch(*crystals: Structure) -> GraphBatch:
    return collate([build_graph(crystal, GraphSpec()) for crystal in crystals])


def attention() -> SiteAttention:
    torch.manual_seed(0)
    return SiteAttention(8, heads=2).eval()


@torch.no_grad()
def test_it_is_softmax_attention_within_the_crystal() -> None:
    graphs, made = batch(FE, MNO), attention()
    levels = torch.randn(3, graphs.n_atoms, 8)
    hidden = torch.zeros(graphs.n_atoms, dtype=torch.bool)
    hidden[[0, 3, 7]] = True
    found = made(levels, graphs, hidden)
    # written out for one atom and one head: hidden atom 3 of MnO, whose crystal holds atoms 2 to 9
    seen = [atom for atom in range(2, 10) if not hidden[atom]]
    query = made.query(levels[-1][3])[:4]
    keys = made.key(levels[-1][seen])[:, :4]
    values = made.value(torch.cat([levels[0], levels[-1]], dim=1)[seen])[:, :4]
    weights = torch.softmax(keys @ query / 2, dim=0)
    torch.testing.assert_close(found[1, :4], weights @ values)
    assert found.shape == (3, 8)


@torch.no_grad()
def test_other_crystals_and_hidden_sites_are_not_read() -> None:
    graphs, made = batch(FE, MNO), attention()
    levels = torch.randn(2, graphs.n_atoms, 8)
    hidden = torch.zeros(graphs.n_atoms, dtype=torch.bool)
    hidden[[3, 4]] = True
    before = made(levels, graphs, hidden)
    changed = levels.clone()
    changed[:, :2] += 1.0  # the iron
    changed[0, 4] += 1.0  # the other hidden site's element
    torch.testing.assert_close(made(changed, graphs, hidden)[0], before[0])


@torch.no_grad()
def test_a_crystal_of_hidden_sites_alone_reads_nothing() -> None:
    graphs, made = batch(ALONE, MNO), attention()
    hidden = torch.zeros(graphs.n_atoms, dtype=torch.bool)
    hidden[[0, 1]] = True
    found = made(torch.randn(2, graphs.n_atoms, 8), graphs, hidden)
    assert torch.isfinite(found).all() and not found[0].any() and found[1].any()


def test_heads_with_and_without_it_are_told_apart_by_their_description() -> None:
    old = {"width": 64, "hidden": 64, "element": True, "distance": "bins", "noise": False}
    assert SSLHeadsConfig.from_dict(old).context is False
    config = SSLHeadsConfig(width=8, hidden=8)
    assert config.context and SSLHeadsConfig.from_dict(config.to_dict()) == config
    graphs = batch(MNO)
    hidden = Hidden(torch.arange(8) < 2, torch.zeros(len(graphs.source), dtype=torch.bool))
    levels = torch.randn(2, 8, 8)
    for context in (False, True):
        heads = SSLHeads(SSLHeadsConfig(width=8, hidden=8, context=context), GraphSpec())
        said = heads.hidden_atoms(levels, graphs, hidden)
        assert {name: len(logits) for name, logits in said.items()} == {"group": 2, "period": 2, "element": 2}
