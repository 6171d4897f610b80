"""Options that several commands share, said once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from negnn_gui.cli.console import CommandError, show_log


class DisorderChoice(StrEnum):
    """What to do with a site that several species share."""

    MAJORITY = "majority"
    ENUMERATE = "enumerate"
    SKIP = "skip"


Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...",
        help="Structure files (one or many frames), folders (searched recursively), or - for standard input.",
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="ID", help="Model to use (see: negnn models list).", show_default="best"),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.")]
Disorder = Annotated[
    DisorderChoice,
    typer.Option(
        "--disorder",
        help="Sites shared by several species: take the likeliest, enumerate orderings, or skip the file.",
    ),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Continue where an interrupted run stopped; leave a finished one alone."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", metavar="N", min=0, help="Processes that read files; 0: none.", show_default="by CPU"
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Let the workers of this Dask scheduler read and predict, such as tcp://HOST:8786.",
        show_default="this machine",
    ),
]
TimeLimit = Annotated[
    float,
    typer.Option(
        "--time-limit", metavar="SECONDS", min=0.1, help="Longest that reading one structure may take."
    ),
]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", callback=show_log, is_eager=True, help="Show the log as it is written."),
]


def checked_levels(levels: str) -> str:
    """A choice of levels of the six that encoders have."""
    from negnn_gui.results import parse_levels

    try:
        parse_levels(levels, available=6)
    except ValueError as error:
        raise CommandError(str(error)) from error
    return levels


def table_format(output: Path, what: str) -> Literal["csv", "parquet"]:
    """Format of a table by its name; ``what`` it holds, for the sentence where the name says neither."""
    suffix = output.suffix.lower()
    if suffix == ".csv":
        return "csv"
    if suffix == ".parquet":
        return "parquet"
    raise CommandError(f"{what} written as .parquet or .csv, not as {output.name}")
