"""``negnn render``: one structure -> a picture, with or without a display."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from negnn_gui.cli import drawing_options as drawing
from negnn_gui.cli import options
from negnn_gui.cli.console import CommandError, say

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.structures.entry import StructureEntry

_EXAMPLE = (
    "Example: negnn render NiO.cif -o NiO.png --view c --color moment --size 1200x900 --polyhedra Ni"
    " --supercell 2x2x1"
)


class ColorChoice(StrEnum):
    """What the colour of an atom means."""

    ELEMENT = "element"
    MOMENT = "moment"
    MOMENT_EXP = "moment_exp"
    INPUT = "input"
    INTERVAL = "interval"
    OOD = "ood"


_PREDICTED = frozenset({ColorChoice.MOMENT, ColorChoice.MOMENT_EXP, ColorChoice.INTERVAL, ColorChoice.OOD})
_SHOW_PREDICTED = frozenset({drawing.MomentsChoice.BARS, drawing.MomentsChoice.RADIUS})


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("render", epilog=_EXAMPLE)(render)


def render(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A structure file, or - for standard input.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PNG", help="The picture to write.")],
    view: Annotated[
        str, typer.Option("--view", help="Along a, b, c, a*, b*, c*, [uvw], (hkl); or standard.")
    ] = "c",
    color: Annotated[
        ColorChoice, typer.Option("--color", help="What the colours mean.")
    ] = ColorChoice.ELEMENT,
    size: Annotated[str, typer.Option("--size", metavar="WxH", help="Pixels.")] = "1200x900",
    frame: Annotated[
        int, typer.Option("--frame", metavar="N", min=0, help="Which frame of the file, from 0.")
    ] = 0,
    transparent: Annotated[bool, typer.Option("--transparent", help="Leave out the background.")] = False,
    dpi: Annotated[
        int | None,
        typer.Option(
            "--dpi", min=1, max=10_000, help="Dots per inch, written into the file.", show_default="none"
        ),
    ] = None,
    perspective: Annotated[
        bool, typer.Option("--perspective", help="Instead of parallel projection.")
    ] = False,
    atoms: drawing.Atoms = drawing.AtomsChoice.BALL_AND_STICK,
    hide: drawing.Hide = "",
    polyhedra: drawing.Polyhedra = "",
    bonds: drawing.Bonds = None,
    bond_rule: drawing.BondRule = drawing.BondRuleChoice.DISTANCE,
    bond_scale: drawing.BondScale = 1.15,
    bond_limit: drawing.BondLimits = None,
    complete: drawing.Complete = drawing.CompletionChoice.NONE,
    cell: drawing.Cell = True,
    axes: drawing.Axes = True,
    images: drawing.Images = True,
    supercell: drawing.Supercell = "1x1x1",
    slab: drawing.SlabOption = "",
    moments: drawing.Moments = drawing.MomentsChoice.ARROWS,
    moment_length: drawing.MomentLength = None,
    moment_axis: drawing.MomentAxis = "[0 0 1]",
    element_colors: drawing.Scheme = drawing.SchemeChoice.VESTA,
    color_map: drawing.ColourMap = None,
    color_limits: drawing.ColourLimits = "",
    legend: drawing.Legend = True,
    model: options.Model = None,
    device: options.Device = "auto",
    verbose: options.Verbose = False,
) -> None:
    """Draw a structure into a PNG of exactly the given size, as the window draws it.

    Coloured by a prediction, or with bars or radii for the moments, it is predicted first.
    """
    pixels = _pixels(size)
    if output.suffix.lower() != ".png":
        raise CommandError(f"pictures are written as .png, not as {output.name}")
    from negnn_gui.app.scene.colouring import Colouring
    from negnn_gui.app.scene.colourmaps import control_points
    from negnn_gui.app.scene.render import render_png
    from negnn_gui.app.scene.style import Style
    from negnn_gui.app.scene.window import GraphicsError

    style = Style(
        atoms=atoms.value,
        bonds=bonds,
        cell=cell,
        axes=axes,
        legend=legend,
        images=images,
        complete=complete.value,
        supercell=drawing.supercell(supercell),
        moments=moments.value,
        moment_length=moment_length,
        moment_axis=drawing.direction(moment_axis),
        hidden=drawing.elements(hide, "--hide"),
        polyhedra=drawing.elements(polyhedra, "--polyhedra"),
        bond_rule=bond_rule.value,
        bond_scale=bond_scale,
        bond_limits=drawing.bond_limits(bond_limit),
        slab=drawing.slab(slab),
        perspective=perspective,
    )
    ends = drawing.limits(color_limits)
    try:
        style.check()
        if color_map is not None:
            control_points(color_map)
        colouring = Colouring(color.value, element_colors.value, color_map, ends)
        entry = _structure(file, frame)
        analysis = (
            _analysis(entry, model, device) if color in _PREDICTED or moments in _SHOW_PREDICTED else None
        )
        render_png(
            entry,
            analysis,
            output,
            size=pixels,
            view=view,
            colouring=colouring,
            style=style,
            transparent=transparent,
            dots_per_inch=dpi,
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
