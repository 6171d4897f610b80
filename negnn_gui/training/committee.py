"""Moment models joined to one whose DFT quantiles are the mean of theirs.

Networks trained apart err in different ways, so their mean errs less. Every member is an ordinary model of
``negnn train``; the first one brings the spin states and the other heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from negnn_gui.inference.moment_models import load_moment_model
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import ModelFileError
from negnn_gui.models.negnn import DFT, MomentModel
from negnn_gui.training.fit_run import open_moment_data
from negnn_gui.training.recipes import publish_moment_model


def join(members: Sequence[MomentModel], names: Sequence[str]) -> MomentModel:
    """One model of several.

    Raises
    ------
    ModelFileError
        There are fewer than two, or they differ in nodes, in graphs or in the encoder, or one is a committee itself.
    """
    first = members[0]
    if len(members) < 2:
        raise ModelFileError("a committee needs at least two models")
    for member, name in zip(members, names, strict=True):
        if member.config.more:
            raise ModelFileError(f"{name} is a committee itself")
        if member.config.nodes != first.config.nodes or member.spec != first.spec:
            raise ModelFileError(f"{name} reads other nodes or graphs than {names[0]}")
        if DFT not in member.config.heads:
            raise ModelFileError(f"{name} has no DFT head")
    config = replace(first.config, more=tuple(member.config.backbone for member in members[1:]))
    joined = MomentModel(config, first.spec, first.encoder)
    state = dict(first.state_dict())
    for place, member in enumerate(members[1:]):
        state |= {f"others.{place}.{name}": value for name, value in member.backbone.state_dict().items()}
        state |= {
            f"other_heads.{place}.{name}": value for name, value in member.heads[DFT].state_dict().items()
        }
    joined.load_state_dict(state)
    return joined.eval().requires_grad_(False)


def join_models(data: Path, out: Path, model_id: str, ids: Sequence[str], command: str) -> Path:
    """Join registered models, calibrate on val, measure on test, and write ``out/model_id``.

    Raises
    ------
    ModelFileError
        They do not belong together, see :func:`join`, or were made for different encoders.
    UnknownModelError
        There is no such model.
    """
    infos = [registry.get(name, "moment") for name in ids]
    encoders = {str(info.config["encoder"]["sha256"]) for info in infos}
    if len(encoders) > 1:
        raise ModelFileError(f"{', '.join(ids)} were trained on different encoders")
    model = join([load_moment_model(info.id).model for info in infos], ids)
    encoder = registry.get(str(infos[0].config["encoder"]["id"]), "encoder")
    tables = {head: open_moment_data(data, head, model.spec) for head in model.config.heads}
    facts = {**dict(infos[0].config["training"]), "committee": f"{' and '.join(ids)}, by {command}"}
    for info in infos[1:]:
        own = dict(info.config["training"])
        facts[f"dft head of {info.id}"] = f"{own['dft head']}; {own['command']}"
    facts.pop("test", None)
    return publish_moment_model(out / model_id, model, encoder, tables, facts)
