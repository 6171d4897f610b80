"""The fit of a head for small data on vectors that stay as they are, which are computed once.

The split is obeyed as everywhere: members learn from ``train`` alone, and ``val`` only tells how well.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from negnn_gui.models.negnn import MEDIAN, MomentModel, pinball_loss
from negnn_gui.models.small_data_head import SmallDataHead, element_quantiles
from negnn_gui.training.batching import batches_by_atoms
from negnn_gui.training.fit_run import FitRun, MomentData
from negnn_gui.training.pretrain_run import RunOptions

log = logging.getLogger(__name__)

SITES_A_STEP = 256
STEPS = 1500  # of each member, unless the time is over before
_RATE = 3e-3
_DECAY = 0.3
_MOST_ATOMS = 4000


@dataclass(frozen=True, eq=False)
class LabelledSites:
    """L sites with a label: vectors (L, F), atomic numbers, moments in μB, and weights.

    Every structure weighs the same, however many of its sites are labelled: they are nearly copies of each other.
    """

    vectors: Tensor
    atomic_numbers: Tensor
    moments: Tensor
    weights: Tensor


def labelled_sites(data: MomentData, model: MomentModel, split: str, max_atoms: int) -> LabelledSites:
    """The labelled sites of a split, as the frozen networks see them."""
    graphs = data.graphs(split)
    graphs = graphs[data.store.sizes[graphs] <= max_atoms]
    model.eval()
    vectors = []
    with torch.no_grad():
        for part in batches_by_atoms(data.store.sizes, graphs, _MOST_ATOMS):
            batch = data.store.batch(part)
            embeddings = model.embed(batch)
            vectors.append(model.small_data_features(model.features(embeddings, batch), embeddings))
    atoms = data.store.atoms_of(graphs)
    moments = torch.from_numpy(data.moments[atoms])
    known = torch.isfinite(moments)
    structure = np.repeat(np.arange(len(graphs)), data.store.sizes[graphs])[known.numpy()]
    numbers: NDArray[np.int64] = np.asarray(data.store.atomic_numbers[atoms], dtype=np.int64)[known.numpy()]
    return LabelledSites(
        torch.cat(vectors)[known],
        torch.from_numpy(numbers),
        moments[known],
        torch.from_numpy(1.0 / np.bincount(structure)[structure]).float(),
    )


def fit_small_data(data: MomentData, model: MomentModel, head: str, out: Path, options: RunOptions) -> FitRun:
    """Train every member of a :class:`SmallDataHead`; ``out/head`` keeps finished members for ``resume``."""
    own = model.heads[head]
    assert isinstance(own, SmallDataHead)
    train = labelled_sites(data, model, "train", options.max_atoms)
    own.prior.copy_(element_quantiles(train.atomic_numbers.numpy(), train.moments.numpy()))
    own.mean.copy_(train.vectors.mean(dim=0))
    own.scale.copy_(train.vectors.std(dim=0) + 1e-6)
    folder = out / head
    folder.mkdir(parents=True, exist_ok=True)
    began, steps = time.monotonic(), 0
    share = None if options.max_seconds is None else options.max_seconds / len(own.members)
    for index, member in enumerate(own.members):
        kept = folder / f"member-{index}.safetensors"
        if options.resume and kept.is_file():
            member.load_state_dict(load_file(kept))
            continue
        steps += _fit_member(own, index, train, options.seed + index, options.max_steps or STEPS, share)
        save_file(member.state_dict(), kept)
    own.eval().requires_grad_(False)
    val = labelled_sites(data, model, "val", options.max_atoms)
    if len(val.moments):
        with torch.no_grad():
            median = own(val.vectors, val.atomic_numbers)[:, MEDIAN].clamp(min=0)
        log.info("%s head, val: mean error %.3f μB", head, float((median - val.moments).abs().mean()))
    return FitRun(steps, time.monotonic() - began)


def _fit_member(
    head: SmallDataHead, index: int, sites: LabelledSites, seed: int, steps: int, max_seconds: float | None
) -> int:
    """Train one member; returns the steps it took. ``seed`` draws the sites, by their weights, and the dropout."""
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    member = head.members[index]
    member.requires_grad_(True).train()
    optimiser = torch.optim.AdamW(member.parameters(), lr=_RATE, weight_decay=_DECAY)
    began = time.monotonic()
    for step in range(steps):
        used = step / steps
        if max_seconds is not None:
            used = max(used, (time.monotonic() - began) / max_seconds)
        if used >= 1.0:
            return step
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1.0, step / 50) * 0.5 * (1 + math.cos(math.pi * used))
        chosen = torch.multinomial(sites.weights, SITES_A_STEP, replacement=True, generator=generator)
        numbers = sites.atomic_numbers[chosen]
        quantiles = head.member(index, sites.vectors[chosen], numbers)
        loss = pinball_loss(quantiles, sites.moments[chosen])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return steps
