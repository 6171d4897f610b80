"""``negnn pretrain`` and ``train``: models from tables of training data."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import CommandError, needing_extra

if TYPE_CHECKING:
    from negnn_gui.models.nodes import NodesConfig
    from negnn_gui.training.pretrain_run import RunOptions

_PRETRAIN_EXAMPLE = (
    "Example: negnn pretrain --data tables/ --max-time 02:00:00 --out runs/encoder --name my-encoder"
)
_TRAIN_EXAMPLE = (
    "Example: negnn train --backbone schnet --nodes 01 --target dft_moment --data tables/ --out runs/moments"
)

_JOIN_EXAMPLE = "Example: negnn join moments-a moments-b --name my-committee --out runs/committee"

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder of the tables.", show_default="NEGNN_DATA"),
]
MaxTime = Annotated[str, typer.Option("--max-time", metavar="HH:MM:SS", help="Budget of the run.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Checkpoints, logs and the finished model.")]
Rate = Annotated[float, typer.Option("--rate", min=1e-6, max=1.0, help="Peak learning rate.")]
BatchAtoms = Annotated[int, typer.Option("--batch-atoms", min=100, help="Atoms in a batch.")]
MaxAtoms = Annotated[int, typer.Option("--max-atoms", min=1, help="Leave out larger training structures.")]
Seed = Annotated[int, typer.Option("--seed", min=0)]
Threads = Annotated[
    int, typer.Option("--threads", min=1, help="CPU threads; more pays on an idle machine only.")
]
Subset = Annotated[
    int | None,
    typer.Option("--subset", min=1, help="Train on this many structures only.", show_default="all"),
]
MaxSteps = Annotated[
    int | None,
    typer.Option("--max-steps", min=1, help="Stop after so many steps, too.", show_default="no limit"),
]


class TaskChoice(StrEnum):
    """What the encoder is taught."""

    PREDICTIVE = "predictive"
    CONTRASTIVE = "contrastive"
    BOTH = "both"


class HeadsChoice(StrEnum):
    """How deep the heads are that tell what was hidden."""

    LINEAR = "linear"
    MLP = "mlp"


class StreamChoice(StrEnum):
    """What a layer makes of the vectors and the sum of the messages."""

    RESIDUAL = "residual"
    ACTIVATED = "activated"


class DistanceChoice(StrEnum):
    """In which form the distance along a hidden edge is asked for."""

    BINS = "bins"
    LENGTH = "length"
    BOTH = "both"


class Family(StrEnum):
    """Graph networks that a NEGNN can be built on."""

    CGCNN = "cgcnn"
    SCHNET = "schnet"
    MPNN = "mpnn"
    MEGNET = "megnet"
    GCN = "gcn"
    FLAGSHIP = "flagship"
    FINETUNED = "finetuned"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("pretrain", epilog=_PRETRAIN_EXAMPLE)(pretrain)
    app.command("train", epilog=_TRAIN_EXAMPLE)(train)
    app.command("join", epilog=_JOIN_EXAMPLE)(join)


def pretrain(
    out: Out,
    data: Data = None,
    name: Annotated[str, typer.Option("--name", metavar="ID", help="Id of the new encoder.")] = "my-encoder",
    task: Annotated[
        TaskChoice,
        typer.Option("--task", help="Tell what is hidden, tell views of crystals apart, or both at once."),
    ] = TaskChoice.PREDICTIVE,
    init: Annotated[
        str | None,
        typer.Option(
            "--init", metavar="ID", help="Encoder whose weights are the first ones.", show_default="random"
        ),
    ] = None,
    element_vectors: Annotated[
        bool,
        typer.Option(
            "--element-vectors/--no-element-vectors",
            help="Add a learned vector of each element to its features.",
        ),
    ] = True,
    element_target: Annotated[
        bool,
        typer.Option(
            "--element-target/--no-element-target", help="Ask for the element beside group and period."
        ),
    ] = True,
    distance: Annotated[
        DistanceChoice,
        typer.Option(
            "--distance", help="Ask for a hidden distance as a class, as published, in Å, or as both."
        ),
    ] = DistanceChoice.BINS,
    noise: Annotated[
        float,
        typer.Option(
            "--noise",
            min=0.0,
            max=1.0,
            help="Displace atoms by so many Å (standard deviation) and ask for the change.",
        ),
    ] = 0.0,
    heads: Annotated[
        HeadsChoice, typer.Option("--heads", help="Heads of one layer, as published, or of two.")
    ] = HeadsChoice.MLP,
    stream: Annotated[
        StreamChoice,
        typer.Option(
            "--stream", help="ReLU after each layer, as published, or vectors that are added to alone."
        ),
    ] = StreamChoice.RESIDUAL,
    context: Annotated[
        bool,
        typer.Option(
            "--context/--no-context",
            help="Let the heads read the visible sites of the crystal beside a hidden site's own vector.",
        ),
    ] = True,
    max_time: MaxTime = "02:00:00",
    max_steps: MaxSteps = None,
    rate: Rate = 3e-3,
    batch_atoms: BatchAtoms = 1250,
    max_atoms: MaxAtoms = 60,
    subset: Subset = None,
    seed: Seed = 0,
    threads: Threads = 1,
    device: options.Device = "auto",
    resume: options.Resume = False,
    verbose: options.Verbose = False,
) -> None:
    """Pretrain the encoder by self-supervision; no label is needed.

    The predictive task hides atoms and the bonds at them and asks for them; the contrastive one asks which two of
    many masked supercells are of the same crystal. Interrupted runs go on with --resume.
    """
    with training_errors():
        from negnn_gui.models.encoder import EncoderConfig
        from negnn_gui.models.ssl_heads import SSLHeadsConfig
        from negnn_gui.training.pretrain import PretrainConfig
        from negnn_gui.training.pretrain_publish import pretrain_encoder

        run = _run_options(max_time, rate, batch_atoms, max_atoms, subset, seed, threads, device, resume)
        run = replace(run, max_steps=max_steps)
        config = PretrainConfig(
            encoder=EncoderConfig(element_vectors=element_vectors, stream=stream.value),
            heads=SSLHeadsConfig(
                hidden=0 if heads is HeadsChoice.LINEAR else 64,
                element=element_target,
                distance=distance.value,
                context=context,
            ),
            noise=noise,
            task=task.value,
            init=init,
            seed=seed,
        )
        folder = pretrain_encoder(data_folder(data), out, name, config, run, typed_command())
    typer.echo(f"wrote {folder}; negnn models import {folder} makes it available")


def train(
    out: Out,
    data: Data = None,
    name: Annotated[str, typer.Option("--name", metavar="ID", help="Id of the new model.")] = "my-moments",
    target: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="COLUMN",
            help="dft_moment, experimental_moment, or a column of the tables or of --labels, of sites or structures.",
        ),
    ] = "dft_moment",
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="CSV",
            help="Your own labels: columns structure, site_index (of sites), COLUMN.",
        ),
    ] = None,
    structures: Annotated[
        list[Path] | None,
        typer.Option(
            "--structures",
            metavar="PATH",
            help="Files or folders that --labels names; may be repeated.",
            show_default="those of the tables",
        ),
    ] = None,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ID", help="Encoder to build on.", show_default="best")
    ] = None,
    nodes: Annotated[
        str,
        typer.Option(
            "--nodes",
            help="Node input: levels, one-hot, features (92 of the element), or several as 01+one-hot.",
        ),
    ] = "01+one-hot",
    backbone: Annotated[
        Family, typer.Option("--backbone", help="Family of the graph network.")
    ] = Family.CGCNN,
    init: Annotated[
        str | None,
        typer.Option(
            "--init",
            metavar="ID",
            help="Moment model whose weights are the first ones; an experimental head is trained on top of it.",
            show_default="random",
        ),
    ] = None,
    width: Annotated[int, typer.Option("--width", min=4, help="Length of an atom's vector.")] = 64,
    layers: Annotated[int, typer.Option("--layers", min=1, help="Rounds of messages.")] = 4,
    max_time: MaxTime = "01:00:00",
    experimental_time: Annotated[
        str | None,
        typer.Option(
            "--experimental-time",
            metavar="HH:MM:SS",
            help="After dft_moment, train the experimental head so long.",
        ),
    ] = None,
    safe_zeros: Annotated[
        int,
        typer.Option(
            "--safe-zeros",
            min=0,
            help="Non-magnetic structures of mp_structures to learn zeros from besides.",
        ),
    ] = 4000,
    rate: Rate = 2e-3,
    batch_atoms: BatchAtoms = 2500,
    max_atoms: MaxAtoms = 200,
    subset: Subset = None,
    seed: Seed = 0,
    threads: Threads = 1,
    device: options.Device = "auto",
    resume: options.Resume = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a NEGNN on the frozen representation of an encoder: moments, or any other number.

    dft_moment (mp_magmoms) and experimental_moment (magndata) make moment models with calibrated intervals; any other
    target makes a property model of one number a site or a structure.
    """
    from negnn_gui.cli.train_target import Wanted, train_target

    with training_errors():
        run = _run_options(max_time, rate, batch_atoms, max_atoms, subset, seed, threads, device, resume)
        wanted = Wanted(
            target,
            labels,
            tuple(structures or ()),
            encoder,
            _nodes(nodes, backbone),
            backbone.value,
            width,
            layers,
            init,
        )
        folder = train_target(data, out, name, wanted, run, experimental_time, safe_zeros, typed_command())
    typer.echo(f"wrote {folder}; negnn models import {folder} makes it available")


def join(
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Registered moment models, the first leading.")
    ],
    out: Out,
    data: Data = None,
    name: Annotated[str, typer.Option("--name", metavar="ID", help="Id of the new model.")] = "my-committee",
    verbose: options.Verbose = False,
) -> None:
    """Join moment models of one encoder to one whose DFT quantiles are the mean of theirs.

    Spin states and the experimental head are those of the first. It is calibrated and measured anew.
    """
    with training_errors():
        from negnn_gui.training.committee import join_models

        folder = join_models(data_folder(data), out, name, ids, typed_command())
    typer.echo(f"wrote {folder}; negnn models import {folder} makes it available")


def _run_options(
    max_time: str,
    rate: float,
    batch_atoms: int,
    max_atoms: int,
    subset: int | None,
    seed: int,
    threads: int,
    device: str,
    resume: bool,
) -> RunOptions:
    import torch

    from negnn_gui.training.budget import parse_duration
    from negnn_gui.training.pretrain_run import RunOptions

    torch.set_num_threads(threads)
    return RunOptions(
        max_seconds=parse_duration(max_time),
        rate=rate,
        batch_atoms=batch_atoms,
        max_atoms=max_atoms,
        subset=subset,
        device=device,
        seed=seed,
        resume=resume,
        progress=sys.stderr.isatty(),
    )


def _nodes(text: str, family: Family) -> NodesConfig:
    """The node input, standardised for the paper's families: ours go on from layers that read it as it is."""
    from negnn_gui.models.nodes import NodesConfig

    try:
        config = NodesConfig.parse(text)
    except ValueError as error:
        raise CommandError(f"--nodes: {error}") from error
    ours = family in (Family.FLAGSHIP, Family.FINETUNED)
    return replace(config, standardised=bool(config.levels) and not ours)


def data_folder(given: Path | None) -> Path:
    """The folder of training data that was given or that NEGNN_DATA names."""
    from negnn_gui.locations import training_data_dir

    return training_data_dir(given)


def typed_command() -> str:
    """What was typed, for the model card; of a folder elsewhere only its name: where it lies is nobody's matter."""
    typed = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])
    return "negnn " + shlex.join(typed)


@contextmanager
def training_errors() -> Iterator[None]:
    """Turn what can be wrong with data, models and options into one sentence."""
    with needing_extra("train"):
        from negnn_gui.models.checkpoint import ModelFileError
        from negnn_gui.models.registry import UnknownModelError

        try:
            yield
        except (FileNotFoundError, ModelFileError, UnknownModelError, ValueError) as error:
            raise CommandError(str(error)) from error
