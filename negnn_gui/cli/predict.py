"""``negnn predict``: structures -> the sites table."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import CommandError
from negnn_gui.cli.options import DisorderChoice

_EXAMPLE = "Example: negnn predict NiO.cif structures/ -o sites.csv --embeddings emb.parquet --levels 01"


class SitesFormatChoice(StrEnum):
    """Formats of the sites table."""

    CSV = "csv"
    PARQUET = "parquet"
    EXTXYZ = "extxyz"
    JSON = "json"
    CIF = "cif"
    MCIF = "mcif"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("predict", epilog=_EXAMPLE)(predict)


def predict(
    paths: options.Paths,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The sites table to write.")],
    embeddings: Annotated[
        Path | None,
        typer.Option("--embeddings", metavar="FILE", help="Write embeddings too (.parquet or .csv)."),
    ] = None,
    levels: Annotated[
        str, typer.Option("--levels", help="Levels of the embeddings, such as 01 or 012345.")
    ] = "01",
    summary: Annotated[
        Path | None,
        typer.Option("--summary", metavar="FILE", help="Write one row a structure too (.csv or .parquet)."),
    ] = None,
    model: options.Model = None,
    device: options.Device = "auto",
    disorder: options.Disorder = DisorderChoice.SKIP,
    resume: options.Resume = False,
    workers: options.Workers = None,
    cluster: options.Cluster = None,
    time_limit: options.TimeLimit = 30.0,
    table_format: Annotated[
        SitesFormatChoice | None,
        typer.Option("--format", help="Format of the table.", show_default="by name"),
    ] = None,
    verbose: options.Verbose = False,
) -> None:
    """Predict the magnetic moment of every site.

    A property model (negnn train --target) writes its number, one row a site or a structure, instead.

    Writes one row a site (or a frame a structure), a .meta.json beside it and, if anything failed, an .errors.csv.

    Status 0: all predicted; 1: some inputs failed, the rest is written; 2: wrong use.
    """
    from negnn_gui.cli.predict_property import is_of_property, predict_property
    from negnn_gui.cli.screen import default_workers, screen, standard_input
    from negnn_gui.export.codecs import sites_format
    from negnn_gui.screening.model_choice import ModelChoice

    if model is not None and is_of_property(model):
        if embeddings is not None or summary is not None or cluster is not None or resume:
            raise CommandError(
                f"{model} predicts a property: --embeddings, --summary, --cluster and --resume are for moments"
            )
        raise typer.Exit(predict_property(model, paths, output, disorder))
    from negnn_gui.screening.request import (
        EmbeddingsOutput,
        ScreeningRequest,
        SitesOutput,
        SummaryOutput,
    )

    vectors = None
    if embeddings is not None:
        vectors = EmbeddingsOutput(
            embeddings, options.checked_levels(levels), options.table_format(embeddings, "embeddings are")
        )
    structures = None
    if summary is not None:
        structures = SummaryOutput(summary, options.table_format(summary, "the summary is"))
    try:
        request = ScreeningRequest(
            paths=tuple(paths),
            sites=SitesOutput(output, table_format.value if table_format else sites_format(output)),
            embeddings=vectors,
            summary=structures,
            disorder=disorder.value,
            resume=resume,
            workers=default_workers(paths) if workers is None else workers,
            time_limit_s=time_limit,
            standard_input=standard_input(paths),
        )
    except ValueError as error:
        raise CommandError(str(error)) from error
    raise typer.Exit(screen(request, ModelChoice(model, device=device), cluster))
