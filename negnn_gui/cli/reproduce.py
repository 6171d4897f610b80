"""``negnn reproduce``: the paper's evidence, measured again."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import FAILED_INPUTS, say
from negnn_gui.cli.training import Data, Threads, data_folder, training_errors, typed_command

_EXAMPLE = "Example: negnn reproduce --data tables/ --out evidence --quick"


class SizeChoice(StrEnum):
    """How much is measured."""

    QUICK = "quick"
    SMALL = "small"
    FULL = "full"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("reproduce", epilog=_EXAMPLE)(reproduce)


def reproduce(
    data: Data = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Tables, figures and report.html go here.")
    ] = Path("evidence"),
    task: Annotated[
        str | None,
        typer.Option(
            "--task", metavar="NAMES", help="Only these, such as hse_gap,krr_protocol.", show_default="all"
        ),
    ] = None,
    representations: Annotated[
        str | None,
        typer.Option(
            "--representations",
            metavar="NAMES",
            help="Only cells of these, such as ours or one-hot,ofm,soap,published.",
            show_default="all",
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Every section at a reduced size, in under 15 minutes of two cores."),
    ] = False,
    size: Annotated[
        SizeChoice,
        typer.Option("--size", help="small: three hours of one core; full: some twelve (estimated)."),
    ] = SizeChoice.FULL,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="ID", help="Encoder to measure.", show_default="best")
    ] = None,
    max_time: Annotated[
        str | None,
        typer.Option(
            "--max-time", metavar="HH:MM:SS", help="Begin no further cell after so long.", show_default="none"
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep the cells of DIR and measure what is missing.")
    ] = False,
    threads: Threads = 1,
    verbose: options.Verbose = False,
) -> None:
    """Measure the paper's claims: descriptors, regression, ranges, maps, and networks with few labels.

    Each number is a cell of a table, written as soon as it is measured, so an interrupted run goes on with --resume
    and has a report at any time. Descriptors need the extra
    "paper"; the published encoders take part once they are imported (negnn models import).
    """
    with training_errors():
        import torch

        from negnn_gui.training.budget import parse_duration
        from negnn_gui.training.evidence.run import REPORT, ReproduceOptions
        from negnn_gui.training.evidence.run import reproduce as measure

        torch.set_num_threads(threads)
        command = typed_command()
        names = None if representations is None else _names(representations)
        limit = parse_duration(max_time) if max_time is not None else None
        chosen = _names(task or "")
        wanted = ReproduceOptions(
            encoder, chosen, "quick" if quick else size.value, resume, limit, command, names
        )
        outcome = measure(data_folder(data), out, wanted, say_progress)
    typer.echo(
        f"wrote {out / REPORT}: {outcome.measured} cells measured, {outcome.skipped} kept, "
        f"{len(outcome.missing)} missing"
    )
    if outcome.missing:
        reasons = list(dict.fromkeys(outcome.missing.values()))
        for reason in reasons[:5]:
            say(reason)
        raise typer.Exit(FAILED_INPUTS)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def say_progress(done: int, total: int, name: str) -> None:
    """Say on the error stream which cell is measured now."""
    if sys.stderr.isatty():
        typer.echo(f"\r\x1b[K{done}/{total} {name}"[:120], nl=False, err=True)
    else:
        typer.echo(f"{done}/{total} {name}", err=True)
