"""Structures embedded and learned from a second, beside the published code's way of computing the same.

That way, written anew from its description: neighbours by pymatgen's Python objects,
one loop over atoms for their lists and one for their features; one structure at a time through torch-geometric's
``CGConv``; hidden atoms and edges found by loops over atoms and edges.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from negnn_gui.bench.benchmark import Benchmark, Settings, median_ms, one_thread
from negnn_gui.bench.crystals import perturbed_examples
from negnn_gui.bench.figures import Figure, Measured

if TYPE_CHECKING:
    from pymatgen.core import Structure
    from torch import Tensor, nn

_LAYERS, _WIDTH, _NEIGHBOURS, _RADIUS = 5, 64, 12, 8.0


def measure_embedding(settings: Settings) -> Measured:
    """All six levels of structures of about 30 atoms, and steps of predictive pretraining on them."""
    import torch

    from negnn_gui.graphs.build import build_graph
    from negnn_gui.models import registry
    from negnn_gui.models.loading import load_encoder

    entries = perturbed_examples(5 if settings.quick else 100)
    structures = [entry.structure for entry in entries]
    repeats = min(settings.repeats, 3)
    chosen = registry.default_id("encoder")
    encoder = load_encoder(registry.get(chosen))
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    figures: list[Figure] = []
    with one_thread():
        published = _PublishedWay(structures)
        rates = {
            "published_embedded": _rate(published.embed, len(entries), repeats),
            "published_trained": _rate(published.train, len(entries), repeats),
        }
        graphs = [build_graph(structure, encoder.spec) for structure in structures]
        for device in devices:
            embed = partial(_embed, encoder, structures, device)
            rates[f"embedded_{device}"] = _rate(embed, len(entries), repeats)
            rates[f"trained_{device}"] = _rate(_training(graphs, device), len(entries), repeats)
    figures += [Figure(name, rate, "/s", best="high") for name, rate in rates.items()]
    for what in ("embedded", "trained"):
        ratio = rates[f"{what}_cpu"] / rates[f"published_{what}"]
        figures.append(Figure(f"{what}_over_published", ratio, "", best="high"))
    details: dict[str, str | int | float] = {
        "threads": 1,
        "structures": len(entries),
        "repeats": repeats,
        "encoder": chosen,
    }
    if len(devices) > 1:
        details["gpu"] = torch.cuda.get_device_name()
    return Measured(tuple(figures), details)


def _rate(action: Callable[[], object], count: int, repeats: int) -> float:
    return 1000.0 * count / median_ms(action, repeats)


def _embed(encoder: nn.Module, structures: list[Structure], device: str) -> None:
    """From structures to embeddings on the host: graphs, one batch, all levels."""
    import torch

    from negnn_gui.graphs.batch import collate
    from negnn_gui.graphs.build import build_graph

    encoder.to(device).eval()
    spec = encoder.spec
    batch = collate([build_graph(structure, spec) for structure in structures]).to(device)  # type: ignore[arg-type]
    with torch.inference_mode():
        encoder(batch).cpu()


def _training(graphs: list, device: str) -> Callable[[], None]:  # type: ignore[type-arg]
    """One epoch of the predictive task on graphs that are built already, as in a run, in batches of 2,500 atoms."""
    import torch

    from negnn_gui.graphs.batch import collate
    from negnn_gui.training.pretrain import PredictivePretraining, PretrainConfig, judged

    module = PredictivePretraining(PretrainConfig()).to(device)
    optimiser = module.configure_optimizers()
    generator = torch.Generator().manual_seed(0)
    per_batch = max(1, 2500 // max(1, sum(g.n_atoms for g in graphs) // len(graphs)))

    def epoch() -> None:
        for begin in range(0, len(graphs), per_batch):
            batch = collate(graphs[begin : begin + per_batch]).to(device)
            losses, _ = judged(module.answers(batch, generator))
            optimiser.zero_grad()
            torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        if device == "cuda":
            torch.cuda.synchronize()

    return epoch


class _PublishedWay:
    """The published encoder and its predictive task, structure by structure."""

    def __init__(self, structures: list[Structure]) -> None:
        import torch
        from torch import nn
        from torch_geometric.nn import CGConv

        from negnn_gui.models.features import element_features

        torch.manual_seed(0)
        self.structures = structures
        self.table = torch.tensor(element_features()).float()
        self.centres = torch.arange(0.0, _RADIUS + 0.1, 0.2)
        self.node, self.edge = nn.Linear(self.table.shape[1], _WIDTH), nn.Linear(len(self.centres), _WIDTH)
        self.layers = nn.ModuleList(CGConv(_WIDTH, dim=_WIDTH) for _ in range(_LAYERS))
        self.norms = nn.ModuleList(nn.BatchNorm1d(_WIDTH) for _ in range(_LAYERS))
        self.heads = nn.ModuleList(nn.Linear(_WIDTH, n) for n in (19, 9, len(self.centres)))
        modules = (self.node, self.edge, self.layers, self.norms, self.heads)
        self.optimiser = torch.optim.Adam([p for module in modules for p in module.parameters()], lr=1e-3)
        self.graphs = [self.graph(structure) for structure in structures]

    def graph(self, structure: Structure) -> tuple[Tensor, Tensor, Tensor]:
        """(atomic numbers, edges (2, E), distances (E,)), atom after atom."""
        import torch

        source, target, distance = [], [], []
        for index, found in enumerate(structure.get_all_neighbors(_RADIUS, include_index=True)):
            for neighbour in sorted(found, key=lambda n: n.nn_distance)[:_NEIGHBOURS]:
                source.append(index)
                target.append(neighbour.index)
                distance.append(neighbour.nn_distance)
        numbers = torch.tensor([site.specie.Z for site in structure])
        return numbers, torch.tensor([source, target]), torch.tensor(distance, dtype=torch.float32)

    def levels(
        self, numbers: Tensor, edges: Tensor, distance: Tensor, hidden: set[int] | None = None
    ) -> list[Tensor]:
        import torch

        features = torch.stack([self.table[number] for number in numbers])
        for atom in hidden or ():
            features[atom] = 0
        vectors = self.node(features)
        gaussians = self.edge(torch.exp(-(((distance[:, None] - self.centres) / 0.2) ** 2)))
        levels = [vectors]
        for index, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            vectors = norm(layer(vectors, edges, gaussians))
            if index < _LAYERS - 1:
                vectors = torch.relu(vectors)
            levels.append(vectors)
        return levels

    def embed(self) -> None:
        import torch

        self.norms.eval()
        with torch.inference_mode():
            for structure in self.structures:
                self.levels(*self.graph(structure))

    def train(self) -> None:
        import random

        import torch
        from torch.nn import functional

        from negnn_gui.models.features import group_class, period_class

        groups, periods = torch.tensor(group_class()), torch.tensor(period_class())
        self.norms.train()
        draw = random.Random(0)
        self.optimiser.zero_grad()
        for numbers, edges, distance in self.graphs:
            hidden = set(draw.sample(range(len(numbers)), int(0.15 * len(numbers)) + 1))
            last = self.levels(numbers, edges, distance, hidden)[-1]
            touched = [i for i, (a, b) in enumerate(edges.t().tolist()) if a in hidden or b in hidden]
            atoms = sorted(hidden)
            ends = last[edges[0, touched]] + last[edges[1, touched]]
            bins = torch.round(distance[touched] / 0.2).long().clamp(0, len(self.centres) - 1)
            loss = functional.cross_entropy(self.heads[0](last[atoms]), groups[numbers[atoms]])
            loss = loss + functional.cross_entropy(self.heads[1](last[atoms]), periods[numbers[atoms]])
            (loss + functional.cross_entropy(self.heads[2](ends), bins)).backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()


EMBEDDING = Benchmark(
    "embedding", "Structures embedded and learned from a second, beside the published way", measure_embedding
)
