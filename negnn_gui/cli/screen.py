"""Runs a screening job in a terminal: progress while it works, one line at the end, the exit status."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from negnn_gui.cli.console import FAILED_INPUTS, CommandError, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from negnn_gui.screening.model_choice import ModelChoice
    from negnn_gui.screening.request import ScreeningProgress, ScreeningReport, ScreeningRequest


def default_workers(paths: list[Path]) -> int:
    """Reader processes that pay: one for a single file."""
    from negnn_gui.screening.pool import reading_processes

    if len(paths) == 1 and not paths[0].is_dir():
        return 1
    return reading_processes()


def standard_input(paths: list[Path]) -> str | None:
    """The text piped in, where the paths hold ``-``."""
    from negnn_gui.structures.content import WHOLE_FILE_LIMIT

    if paths.count(Path("-")) > 1:
        raise CommandError("- stands for standard input and can be given once only")
    if Path("-") not in paths:
        return None
    data = sys.stdin.buffer.read(WHOLE_FILE_LIMIT + 1)
    if len(data) > WHOLE_FILE_LIMIT:
        raise CommandError(f"standard input holds more than {WHOLE_FILE_LIMIT >> 20} MB; give it as a file")
    return data.decode("utf-8", errors="replace")


def screen(request: ScreeningRequest, choice: ModelChoice, cluster: str | None = None) -> int:
    """Run it here or on the cluster at an address; 0 where everything was predicted, 1 where inputs failed."""
    from negnn_gui.cli.loading import loaded
    from negnn_gui.screening.cluster import Cluster
    from negnn_gui.screening.job import ScreeningJob
    from negnn_gui.screening.pool import WorkerStartError
    from negnn_gui.screening.request import ScreeningError

    display = _progress_display() if sys.stderr.isatty() else None
    shown = _show_on(display) if display is not None else lambda progress: None
    job = ScreeningJob(
        request,
        lambda: loaded(choice),
        connect=None if cluster is None else lambda: Cluster(cluster, choice, notify=say),
        progress=shown,
        notify=say,
    )
    try:
        with display or nullcontext():
            report = job.run()
    except (ScreeningError, WorkerStartError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        if error.strerror is None:  # raised by this program, with a sentence of its own
            raise CommandError(str(error)) from error
        name = error.filename or request.main_output
        raise CommandError(f"{name}: {error.strerror}; mend that, then go on with --resume") from error
    _summarise(request, report, terminal=display is not None)
    return FAILED_INPUTS if report.failures else 0


def _summarise(request: ScreeningRequest, report: ScreeningReport, *, terminal: bool) -> None:
    from negnn_gui.export.sidecars import errors_path, meta_path

    names = ", ".join(map(str, request.tables))
    if report.untouched and terminal:
        say(f"{names}: finished already, left as it is")
    elif terminal:
        seconds = max(report.wall_time_s, 1e-3)
        say(
            f"{names}: {report.structures} structures, {report.sites} sites in {seconds:.1f} s "
            f"({report.structures / seconds:.0f} /s) on {report.device or 'no device'}"
        )
    if report.warnings:
        number = "1 warning" if report.warnings == 1 else f"{report.warnings} warnings"
        say(f"{number}, see {meta_path(request.main_output)}")
    if report.failures:
        say(f"{report.failures} failed, see {errors_path(request.main_output)}")


def _progress_display() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[structures]} structures, {task.fields[rate]:.0f} /s"),
        TextColumn("{task.fields[failures]} failed"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _show_on(display: Progress) -> Callable[[ScreeningProgress], None]:
    task = display.add_task("loading the models", total=None, structures=0, failures=0, rate=0.0)
    # A resumed run counts what was done before; the rate is that of this run, from its first structure on.
    begin: tuple[int, float] | None = None

    def show(progress: ScreeningProgress) -> None:
        nonlocal begin
        now = time.monotonic()
        begin = begin or (progress.structures, now)
        done, seconds = progress.structures - begin[0], now - begin[1]
        rate = done / seconds if seconds > 0 else 0.0
        display.update(
            task,
            description="files",
            total=progress.files_total,
            completed=progress.files_done,
            structures=progress.structures,
            failures=progress.failures,
            rate=rate,
        )

    return show
