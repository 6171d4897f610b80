"""``negnn dataset``: build the tables of training data from the Materials Project or from magnetic CIFs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import FAILED_INPUTS, CommandError, needing_extra, say

if TYPE_CHECKING:
    from negnn_gui.training.dataset_run import DatasetReport

_MP_EXAMPLE = "Example: MP_API_KEY=... negnn dataset mp --out tables/ --resume"
_MCIF_EXAMPLE = "Example: negnn dataset mcif magndata-files/ --out tables/"

group = typer.Typer(no_args_is_help=True, help="Tables of training data.")
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the tables.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="dataset", epilog=_MCIF_EXAMPLE)


@group.command("mp", epilog=_MP_EXAMPLE)
def materials_project(
    out: Out,
    api_key: Annotated[
        str,
        typer.Option(
            "--api-key",
            metavar="KEY",
            envvar="MP_API_KEY",
            show_default=False,
            help="Your key of the Materials Project; other users of the machine cannot see it in MP_API_KEY.",
        ),
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=1, metavar="N", show_default="all", help="Entries of each magnetic ordering."
        ),
    ] = None,
    max_time: Annotated[
        str | None,
        typer.Option("--max-time", metavar="HH:MM:SS", show_default="none", help="Stop after so long."),
    ] = None,
    resume: options.Resume = False,
    verbose: options.Verbose = False,
) -> None:
    """Download mp_magmoms and mp_structures from the Materials Project.

    Formulas that are held back to check models later are left out. Needs an API key and the extra "train".
    """
    with _sentences():
        from negnn_gui.training.dataset_client import MaterialsProjectClient, checked_key
        from negnn_gui.training.dataset_mp import download_materials

        client = MaterialsProjectClient(checked_key(api_key))
        with _progress("entries") as shown:
            report = download_materials(
                client, out, limit=limit, resume=resume, max_seconds=_seconds(max_time), progress=shown
            )
    _tell(report, out)


@group.command("mcif", epilog=_MCIF_EXAMPLE)
def magnetic_cifs(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder of .mcif files, searched recursively.")
    ],
    out: Out,
    resume: options.Resume = False,
    verbose: options.Verbose = False,
) -> None:
    """Gather magnetic CIFs, such as those of MAGNDATA, into magndata.

    Disordered structures, files without moments, and formulas that are held back are left out and counted.
    """
    with _sentences():
        from negnn_gui.training.dataset_mcif import collect_mcifs

        with _progress("files") as shown:
            report = collect_mcifs(folder, out, resume=resume, progress=shown)
    _tell(report, out)


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn what can go wrong with the key, the server, the disk and the inputs into one sentence."""
    with needing_extra("train"):
        from negnn_gui.training.dataset_client import ClientError
        from negnn_gui.training.tables import TrainingDataError

        try:
            yield
        except (ClientError, TrainingDataError) as error:
            raise CommandError(str(error)) from None


def _seconds(text: str | None) -> float | None:
    from negnn_gui.training.budget import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise CommandError(str(error)) from error


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task(what, total=None)
        yield lambda done, total: display.update(task, completed=done, total=total)


def _tell(report: DatasetReport, out: Path) -> None:
    from negnn_gui.training.dataset_run import UNUSABLE

    if not report.complete:
        say(f"time is up: {report.done} of {report.total} are kept in {out}; go on with --resume")
        raise typer.Exit(FAILED_INPUTS)
    for name, rows in report.rows.items():
        done = "finished already" if report.untouched else "wrote" if rows else "not written"
        typer.echo(f"{out / name}: {rows} rows, {done}")
    if report.counts:
        typer.echo("left out: " + ", ".join(f"{count} {why}" for why, count in report.counts.items()))
    if report.counts.get(UNUSABLE):
        raise typer.Exit(FAILED_INPUTS)
