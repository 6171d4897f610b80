"""``negnn render``: one structure -> a picture, with or without a display."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negnn_gui.cli import options
from negnn_gui.cli.console import CommandError, say

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

_EXAMPLE = "Example: negnn render NiO.cif -o NiO.png --view c --color moment --size 1200x900"


class ColorChoice(StrEnum):
    """What the colour of an atom means."""

    ELEMENT = "element"
    MOMENT = "moment"
    INPUT = "input"
    INTERVAL = "interval"
    OOD = "ood"


_PREDICTED = frozenset({ColorChoice.MOMENT, ColorChoice.INTERVAL, ColorChoice.OOD})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("render", epilog=_EXAMPLE)(render)


def render(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A structure file, or - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PNG", help="The picture to write.")],
    view: Annotated[str, typer.Option("--view", help="Along a, b, c, or a*, b*, c*.")] = "c",
    color: Annotated[
        ColorChoice, typer.Option("--color", help="What the colours mean.")
    ] = ColorChoice.ELEMENT,
    size: Annotated[str, typer.Option("--size", metavar="WxH", help="Pixels.")] = "1200x900",
    frame: Annotated[
        int, typer.Option("--frame", metavar="N", min=0, help="Which frame of the file, from 0.")
    ] = 0,
    transparent: Annotated[bool, typer.Option("--transparent", help="Leave out the background.")] = False,
    model: options.Model = None,
    device: options.Device = "auto",
    verbose: options.Verbose = False,
) -> None:
    """Draw a structure into a PNG of exactly the given size.

    Coloured by moment, interval or ood it is predicted first.
    """
    pixels = _pixels(size)
    if output.suffix.lower() != ".png":
        raise CommandError(f"pictures are written as .png, not as {output.name}")
    entry = _structure(file, frame)
    analysis = _analysis(entry, model, device) if color in _PREDICTED else None
    from negnn_gui.app.scene.render import render_png
    from negnn_gui.app.scene.window import GraphicsError

    try:
        render_png(
            entry, analysis, output, size=pixels, view=view, colour=color.value, transparent=transparent
        )
    except (ValueError, GraphicsError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"{output} cannot be written: {error.strerror or error}") from error


def _pixels(size: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})", size)
    if match is None:
        raise CommandError(f"--size is WIDTHxHEIGHT in pixels, such as 1200x900, not {size!r}")
    return int(match[1]), int(match[2])


def _structure(file: Path, wanted: int) -> StructureEntry:
    from negnn_gui.cli.screen import standard_input
    from negnn_gui.structures.entry import StructureReadError
    from negnn_gui.structures.reading import read_structures, read_text

    text = standard_input([file])
    try:
        frames = iter(read_text(text, "stdin")) if text is not None else read_structures(file)
        found = next(islice(frames, wanted, None), None)
    except StructureReadError as error:
        raise CommandError(str(error)) from error
    if isinstance(found, StructureReadError):
        raise CommandError(str(found)) from found
    if found is None:
        raise CommandError(f"{file} has no frame {wanted}; the first is 0")
    return found


def _analysis(entry: StructureEntry, model: str | None, device: str) -> Analysis:
    from negnn_gui.cli.loading import moment_predictor
    from negnn_gui.results import Analysis

    outcome = next(iter(moment_predictor(model, device).predict([entry], notify=say)))
    if not isinstance(outcome, Analysis):
        raise CommandError(f"{entry.name} cannot be predicted: {outcome.reason}")
    return outcome
