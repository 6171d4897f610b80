"""What the user of a terminal sees when something goes wrong: one sentence; the rest goes to the log file."""

from __future__ import annotations

import logging
import logging.handlers
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from negnn_gui import locations

FAILED_INPUTS = 1
NOT_STARTED = 2
STOPPED = 3
INTERRUPTED = 130

_log = logging.getLogger(__name__)
_LOG_BYTES = 1_000_000


class CommandError(Exception):
    """The command cannot do what was asked; the message is one sentence for the user."""


class ReportingGroup(TyperGroup):
    """Runs a command and turns whatever it raises into one sentence and an exit status."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, typer.Abort):
            say("stopped; the same command goes on with --resume")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            raise  # whoever reads our output has seen enough: typer ends quietly
        except CommandError as error:
            say(str(error))
            raise typer.Exit(NOT_STARTED) from error
        except Exception as error:
            if hasattr(error, "exit_code"):  # typer's own: usage errors and exits
                raise
            _log.exception("stopped by an unexpected error")
            say(
                f"stopped by an unexpected error ({type(error).__name__}: {error}); "
                f"details are in {log_file()}"
            )
            raise typer.Exit(STOPPED) from error


@contextmanager
def needing_extra(extra: str) -> Iterator[None]:
    """Say which extra of the package brings a library that is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("negnn_gui"):
            raise
        if getattr(sys, "frozen", False):
            raise CommandError(
                f"this command needs {error.name}, which bundles leave out: install the program with Python, "
                f"pip install 'negnn-gui[{extra}]'"
            ) from error
        raise CommandError(f"{error.name} is missing: pip install 'negnn-gui[{extra}]'") from error


def say(sentence: str) -> None:
    """One line on standard error."""
    typer.echo("negnn: " + " ".join(sentence.split()), err=True)


def log_file() -> str:
    """Where details are written."""
    return str(locations.user_log_dir() / "negnn.log")


def configure_logging() -> None:
    """Send the log, and whatever libraries warn of, to the rotating log file."""
    root = logging.getLogger()
    logging.captureWarnings(True)
    root.setLevel(logging.INFO)
    if any(isinstance(handler, logging.handlers.RotatingFileHandler) for handler in root.handlers):
        return
    try:
        locations.user_log_dir().mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            log_file(), maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8", delay=True
        )
    except OSError:  # a read-only home must not keep anyone from predicting
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)


def show_log(wanted: bool) -> None:
    """Show the log on standard error as well (``--verbose``)."""
    if not wanted:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
