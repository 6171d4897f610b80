"""``negnn embed``: structures -> the embeddings table."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import CommandError
from negnn_gui.cli.options import DisorderChoice

if TYPE_CHECKING:
    from negnn_gui.export.tables import Pool

_EXAMPLE = "Example: negnn embed structures/ --levels 012 --pool mean -o emb.parquet"


class PoolChoice(StrEnum):
    """How the vectors of a structure's sites become one."""

    MEAN = "mean"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("embed", epilog=_EXAMPLE)(embed)


def embed(
    paths: options.Paths,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The table to write (.parquet or .csv).")
    ],
    levels: Annotated[
        str, typer.Option("--levels", help="Levels side by side, such as 0, 01 or 012345; 64 numbers each.")
    ] = "01",
    pool: Annotated[
        PoolChoice | None,
        typer.Option("--pool", help="One row a structure instead of a site.", show_default="none"),
    ] = None,
    dictionary: Annotated[
        Path | None,
        typer.Option(
            "--dictionary",
            metavar="FILE",
            help="Write the vectors as a NumPy dictionary (.npz) as well, named like NiO_Ni_28_1.",
        ),
    ] = None,
    model: options.Model = None,
    device: options.Device = "auto",
    disorder: options.Disorder = DisorderChoice.SKIP,
    resume: options.Resume = False,
    workers: options.Workers = None,
    cluster: options.Cluster = None,
    time_limit: options.TimeLimit = 30.0,
    verbose: options.Verbose = False,
) -> None:
    """Compute the self-supervised embedding of every site.

    Level 0 knows the element, level n the surroundings up to n bonds away.

    Writes one row a site or structure, a .meta.json beside it and, if anything failed, an .errors.csv.
    """
    from negnn_gui.cli.screen import default_workers, screen, standard_input
    from negnn_gui.screening.model_choice import ModelChoice
    from negnn_gui.screening.request import EmbeddingsOutput, ScreeningRequest

    kind = options.table_format(output, "embeddings are")
    if dictionary is not None and dictionary.suffix.lower() != ".npz":
        raise CommandError(f"a NumPy dictionary is written as .npz, not as {dictionary.name}")
    pooled: Pool | None = "mean" if pool is PoolChoice.MEAN else None
    try:
        request = ScreeningRequest(
            paths=tuple(paths),
            embeddings=EmbeddingsOutput(output, options.checked_levels(levels), kind, pooled),
            disorder=disorder.value,
            resume=resume,
            workers=default_workers(paths) if workers is None else workers,
            time_limit_s=time_limit,
            standard_input=standard_input(paths),
        )
    except ValueError as error:
        raise CommandError(str(error)) from error
    status = screen(request, ModelChoice(model, encoder_only=True, device=device), cluster)
    if dictionary is not None:
        _write_dictionary(output, dictionary)
    raise typer.Exit(status)


def _write_dictionary(table: Path, target: Path) -> None:
    from negnn_gui.export.dictionary import DictionaryError, write_dictionary

    try:
        write_dictionary(table, target)
    except DictionaryError as error:
        raise CommandError(f"{table} is written, {target.name} is not: {error}") from error
    except OSError as error:
        raise CommandError(f"{error.filename or target}: {error.strerror or error}") from error
