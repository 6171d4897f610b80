"""The command line, ``negnn``: one module a command (or group of commands), all heavy imports inside them.

Exit status: 0 all done; 1 some inputs failed, the rest is written; 2 usage, or nothing could be started; 3
stopped by an unexpected error; 130 stopped by Ctrl+C. What a long command had done by then can be resumed.
"""

from __future__ import annotations

from typing import Annotated

import typer

from negnn_gui import __version__
from negnn_gui.bench import command as bench
from negnn_gui.cli import (
    atlas,
    dataset,
    embed,
    evaluate,
    models,
    predict,
    render,
    reproduce,
    small_data,
    training,
)
from negnn_gui.cli.console import ReportingGroup, configure_logging

app = typer.Typer(
    cls=ReportingGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS = (
    predict,
    embed,
    models,
    render,
    training,
    evaluate,
    small_data,
    atlas,
    dataset,
    reproduce,
    bench,
)
for _command in _COMMANDS:
    _command.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"negnn {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Magnetic moments per atom from crystal structures, with intervals and embeddings."""


def main() -> None:
    """Entry point of the ``negnn`` command; ends the process with its exit status."""
    configure_logging()
    app(prog_name="negnn")
