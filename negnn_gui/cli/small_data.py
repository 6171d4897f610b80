"""``negnn small-data``: what the representation is worth where labels are few."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import FAILED_INPUTS, CommandError, say
from negnn_gui.cli.reproduce import say_progress
from negnn_gui.cli.training import Data, Threads, data_folder, training_errors

_EXAMPLE = "Example: negnn small-data --data tables/ --out small/ --structures 500 --families cgcnn"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("small-data", epilog=_EXAMPLE)(small_data)


def small_data(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="learning_curves.csv, small_data.md and pictures.")
    ],
    data: Data = None,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ID", help="Encoder to measure.", show_default="best")
    ] = None,
    inputs: Annotated[
        str, typer.Option("--inputs", metavar="LIST", help="Node inputs, of these four.")
    ] = "one-hot,features,01,01+one-hot",
    families: Annotated[
        str, typer.Option("--families", metavar="LIST", help="Graph networks, of these five.")
    ] = "cgcnn,schnet,mpnn,megnet,gcn",
    structures: Annotated[
        str, typer.Option("--structures", metavar="LIST", help="Training structures of a run.")
    ] = "100,300,500,1000",
    more_structures: Annotated[
        str,
        typer.Option(
            "--more-structures", metavar="LIST", help="Further sizes for cgcnn alone; may be empty."
        ),
    ] = "3000,10000",
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Runs of each, from other structures.")] = 3,
    steps: Annotated[
        int, typer.Option("--steps", min=1, help="Steps of 16 structures, the same for every run.")
    ] = 600,
    test_structures: Annotated[
        int, typer.Option("--test-structures", min=1, help="Structures of the test split, the same for all.")
    ] = 400,
    max_time: Annotated[
        str | None,
        typer.Option(
            "--max-time", metavar="HH:MM:SS", help="Begin no further run after so long.", show_default="none"
        ),
    ] = None,
    threads: Threads = 1,
    verbose: options.Verbose = False,
) -> None:
    """Train the families of networks on few structures, from each node input, and write mean, spread and gain.

    Each run is a row of DIR/learning_curves.csv as soon as it is done; runs that stand there are not repeated, so that
    an interrupted table goes on with the same command.
    """
    with training_errors():
        import torch

        from negnn_gui.models import registry
        from negnn_gui.training.budget import parse_duration
        from negnn_gui.training.evidence.learning import LearningSizes
        from negnn_gui.training.evidence.plan import FAMILIES
        from negnn_gui.training.evidence.small_table import (
            SUMMARY,
            SmallTable,
            measure_small_table,
            node_names,
        )

        torch.set_num_threads(threads)
        wanted = SmallTable(
            registry.get(encoder or registry.default_id("encoder"), "encoder").id,
            tuple(_words(inputs)),
            tuple(_words(families)),
            _numbers("--structures", structures),
            _numbers("--more-structures", more_structures),
            tuple(range(seeds)),
            LearningSizes(steps=steps, test_structures=test_structures),
        )
        node_names(wanted)
        if unknown := [name for name in wanted.families if name not in FAMILIES]:
            raise CommandError(f"--families: unknown {unknown[0]!r}; there are {', '.join(FAMILIES)}")
        stop_at = None if max_time is None else time.monotonic() + parse_duration(max_time)
        out.mkdir(parents=True, exist_ok=True)
        outcome = measure_small_table(data_folder(data), out, wanted, stop_at, say_progress)
    typer.echo(
        f"wrote {out / SUMMARY}: {outcome.measured} runs measured, {outcome.skipped} kept, "
        f"{len(outcome.missing)} missing"
    )
    if outcome.missing:
        for reason in list(dict.fromkeys(outcome.missing.values()))[:5]:
            say(reason)
        raise typer.Exit(FAILED_INPUTS)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _numbers(option: str, text: str) -> tuple[int, ...]:
    words = _words(text)
    if not all(word.isdigit() and int(word) > 0 for word in words):
        raise CommandError(f"{option} takes whole numbers above zero, such as 100,300, not {text!r}")
    return tuple(int(word) for word in words)
