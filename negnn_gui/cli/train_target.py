"""What ``negnn train --target`` makes of its options: a moment model, a head on top of one, or a property model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from negnn_gui.cli.console import CommandError, say

if TYPE_CHECKING:
    from negnn_gui.models.nodes import NodesConfig
    from negnn_gui.training.pretrain_run import RunOptions
    from negnn_gui.training.targets import TargetData

_MEMBERS = 5  # of the head for small data


@dataclass(frozen=True)
class Wanted:
    """The model that is asked for, as it was typed."""

    target: str
    labels: Path | None
    structures: tuple[Path, ...]
    encoder: str | None
    nodes: NodesConfig
    backbone: str
    width: int
    layers: int
    init: str | None


def train_target(
    data: Path | None,
    out: Path,
    name: str,
    wanted: Wanted,
    run: RunOptions,
    experimental_time: str | None,
    safe_zeros: int,
    command: str,
) -> Path:
    """Train the model and return its folder.

    Raises
    ------
    CommandError
        Options that do not go together.
    """
    from negnn_gui.training.targets import DFT_MOMENT, EXPERIMENTAL_MOMENT, MOMENT_TARGETS

    if wanted.structures and wanted.labels is None:
        raise CommandError("--structures needs --labels: the CSV file with their labels")
    if experimental_time is not None and wanted.target != DFT_MOMENT:
        raise CommandError("--experimental-time goes with --target dft_moment; otherwise use --max-time")
    if wanted.labels is not None or wanted.target not in MOMENT_TARGETS:
        return _train_property(data, out, name, wanted, run, command)
    if wanted.target == EXPERIMENTAL_MOMENT and wanted.init is not None:
        return _train_on_top(data, out, name, wanted, run, command)
    return _train_moments(data, out, name, wanted, run, experimental_time, safe_zeros, command)


def _train_moments(
    data: Path | None,
    out: Path,
    name: str,
    wanted: Wanted,
    run: RunOptions,
    experimental_time: str | None,
    safe_zeros: int,
    command: str,
) -> Path:
    from negnn_gui.cli.training import data_folder
    from negnn_gui.models.backbone import BackboneConfig
    from negnn_gui.models.negnn import DFT, EXPERIMENTAL, MomentConfig
    from negnn_gui.training.budget import parse_duration
    from negnn_gui.training.recipes import train_moment_model
    from negnn_gui.training.targets import MOMENT_TARGETS

    head = MOMENT_TARGETS[wanted.target]
    runs = {head: run}
    if experimental_time is not None:
        runs[EXPERIMENTAL] = _for_small_data(run, parse_duration(experimental_time))
    config = MomentConfig(
        wanted.nodes,
        BackboneConfig(wanted.backbone, wanted.width, wanted.layers),
        tuple(runs),
        members=_MEMBERS if head == DFT else 0,
        modes=head == DFT,
    )
    return train_moment_model(
        data_folder(data), out, name, _encoder(wanted), config, runs, command, wanted.init, safe_zeros
    )


def _train_on_top(
    data: Path | None, out: Path, name: str, wanted: Wanted, run: RunOptions, command: str
) -> Path:
    """An experimental head on the frozen networks of a moment model, whose DFT head is kept."""
    from negnn_gui.cli.training import data_folder
    from negnn_gui.inference.moment_models import load_moment_model
    from negnn_gui.models.negnn import DFT, EXPERIMENTAL
    from negnn_gui.training.recipes import train_moment_model

    assert wanted.init is not None
    first = load_moment_model(wanted.init)
    if wanted.encoder not in (None, first.encoder_ref.id):
        raise CommandError(
            f"{wanted.init} stands on the encoder {first.encoder_ref.id}: leave out --encoder, or --init"
        )
    if DFT not in first.model.config.heads:
        raise CommandError(f"{wanted.init} has no DFT head to transfer from: leave out --init")
    say(f"nodes and backbone are those of {wanted.init}: {first.model.config.backbone.family}")
    config = replace(first.model.config, heads=(DFT, EXPERIMENTAL), members=_MEMBERS)
    runs = {EXPERIMENTAL: _for_small_data(run, run.max_seconds)}
    return train_moment_model(
        data_folder(data), out, name, first.encoder_ref.id, config, runs, command, wanted.init
    )


def _train_property(
    data: Path | None, out: Path, name: str, wanted: Wanted, run: RunOptions, command: str
) -> Path:
    from negnn_gui.models.backbone import BackboneConfig
    from negnn_gui.models.property_model import PropertyConfig
    from negnn_gui.training.property_recipe import train_property_model

    if wanted.init is not None:
        raise CommandError("--init is about moment models: leave it out for another target")
    target = open_target(data, wanted.target, wanted.labels, wanted.structures)
    for remark in target.remarks:
        say(remark)
    config = PropertyConfig(
        wanted.nodes, BackboneConfig(wanted.backbone, wanted.width, wanted.layers), target.of
    )
    return train_property_model(target, out, name, _encoder(wanted), config, run, command)


def open_target(
    data: Path | None, target: str, labels: Path | None = None, structures: tuple[Path, ...] = ()
) -> TargetData:
    """The labels that a property model learns from or is measured on."""
    from negnn_gui.cli.training import data_folder
    from negnn_gui.training.targets import file_target, table_target

    if labels is not None:
        return file_target(labels, target, structures, None if structures else data_folder(data))
    return table_target(data_folder(data), target)


def _encoder(wanted: Wanted) -> str:
    from negnn_gui.models import registry

    return wanted.encoder or registry.default_id("encoder")


def _for_small_data(run: RunOptions, seconds: float | None) -> RunOptions:
    """Several times as many steps in the same time, each on fewer structures."""
    return replace(run, max_seconds=seconds, batch_atoms=max(run.batch_atoms // 5, 100), subset=None)
