"""``negnn bench``: how fast the program is on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from negnn_gui.bench.figures import Figure, Outcome, Report

_EXAMPLE = "Example: negnn bench --only drop --only window --json"
_FAILED = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench", epilog=_EXAMPLE)(bench)


def bench(
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, nothing else.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Run this benchmark; may be given several times."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the JSON report here, too."),
    ] = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="How often each is measured.")] = 9,
    model: Annotated[
        str | None, typer.Option("--model", metavar="ID", help="Moment model to use.", show_default="best")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small sizes, to see that it works; the figures mean little.")
    ] = False,
    names: Annotated[bool, typer.Option("--list", help="List the benchmarks and stop.")] = False,
) -> None:
    """Measure how fast the program is on this machine: start, window, prediction, drawing.

    Close other programs first. A target that is missed is reported and is no failure.

    Status 0: all was measured or had a reason to be left out; 1: a benchmark failed.
    """
    from negnn_gui.bench import suite
    from negnn_gui.bench.benchmark import Settings

    if names:
        for benchmark in suite.BENCHMARKS:
            typer.echo(f"{benchmark.name:15} {benchmark.title}")
        return
    try:
        chosen = suite.choose(only or [])
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--only") from error
    tell = (lambda outcome: None) if as_json else _show
    report = suite.run(chosen, Settings(repeats, model, quick), tell)
    text = json.dumps(report.to_dict(), indent=1, ensure_ascii=False)
    if output is not None:
        _write(output, text)
    typer.echo(text if as_json else _machine(report))
    if any(outcome.status == "failed" for outcome in report.outcomes):
        raise typer.Exit(_FAILED)


def _write(output: Path, text: str) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(
            f"{output} cannot be written ({error.strerror}); choose another place", param_hint="--output"
        ) from error


def _show(outcome: Outcome) -> None:
    typer.echo(f"{outcome.title} ({outcome.name}, {outcome.wall_s:.1f} s)")
    if outcome.status != "done":
        typer.echo(f"  {outcome.status}: {outcome.reason}")
    for figure in outcome.measured.figures:
        typer.echo(f"  {_line(figure)}")
    if outcome.measured.conditions:
        told = ", ".join(f"{name} {value}" for name, value in outcome.measured.conditions.items())
        typer.echo(f"  ({told})")


def _line(figure: Figure) -> str:
    text = f"{figure.name:34} {figure.value:10.2f} {figure.unit:3}"
    if figure.target is None:
        return text.rstrip()
    side = "at most" if figure.best == "low" else "at least"
    return f"{text} target {side} {figure.target:g}: {'reached' if figure.met else 'missed'}"


def _machine(report: Report) -> str:
    return "; ".join(f"{name} {value}" for name, value in report.machine.items())
