"""Options of ``negnn render`` that say how the crystal is drawn: those of the window's Display dock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, cast

import typer

from negnn_gui.cli.console import CommandError

if TYPE_CHECKING:
    from negnn_gui.app.scene.style import Slab

_ATOMS, _BONDS, _CELL, _MOMENTS, _COLOURS = "Atoms", "Bonds", "Cell and slab", "Moments", "Colours"


class AtomsChoice(StrEnum):
    """How atoms are drawn."""

    BALL_AND_STICK = "ball-and-stick"
    SPACE_FILLING = "space-filling"
    STICKS = "sticks"
    WIREFRAME = "wireframe"


class MomentsChoice(StrEnum):
    """What shows the moments."""

    NONE = "none"
    ARROWS = "arrows"
    BARS = "bars"
    RADIUS = "radius"


class CompletionChoice(StrEnum):
    """What is completed beyond the box."""

    NONE = "none"
    BONDS = "bonds"
    MOLECULES = "molecules"


class BondRuleChoice(StrEnum):
    """Who says what is bonded."""

    DISTANCE = "distance"
    CRYSTALNN = "crystalnn"


class SchemeChoice(StrEnum):
    """Colours of the elements."""

    VESTA = "vesta"
    JMOL = "jmol"
    COLOUR_BLIND = "colour-blind"


Atoms = Annotated[AtomsChoice, typer.Option("--style", help="How atoms are drawn.", rich_help_panel=_ATOMS)]
Hide = Annotated[
    str, typer.Option("--hide", metavar="ELEMENTS", help="Leave these out: O,H.", rich_help_panel=_ATOMS)
]
Polyhedra = Annotated[
    str,
    typer.Option(
        "--polyhedra",
        metavar="ELEMENTS",
        help="Draw the coordination polyhedra around these: Fe,Mn.",
        rich_help_panel=_ATOMS,
    ),
]
Bonds = Annotated[
    bool | None,
    typer.Option(
        "--bonds/--no-bonds", help="Draw bonds.", show_default="up to 20,000 atoms", rich_help_panel=_BONDS
    ),
]
BondRule = Annotated[
    BondRuleChoice,
    typer.Option(
        "--bond-rule", help="What is bonded: near atoms, or what CrystalNN says.", rich_help_panel=_BONDS
    ),
]
BondScale = Annotated[
    float,
    typer.Option(
        "--bond-scale",
        min=0.5,
        max=2.0,
        help="Longest bond in units of the sum of the covalent radii.",
        rich_help_panel=_BONDS,
    ),
]
BondLimits = Annotated[
    list[str] | None,
    typer.Option(
        "--bond-limit",
        metavar="A-B=Å",
        help="Longest bond of a pair of elements: Fe-O=2.4; 0 for none. May be repeated.",
        show_default=False,
        rich_help_panel=_BONDS,
    ),
]
Complete = Annotated[
    CompletionChoice,
    typer.Option("--complete", help="Complete bonds or molecules that the box cuts.", rich_help_panel=_BONDS),
]
Cell = Annotated[bool, typer.Option("--cell/--no-cell", help="The box of the cell.", rich_help_panel=_CELL)]
Axes = Annotated[
    bool, typer.Option("--axes/--no-axes", help="The crystal axes in the corner.", rich_help_panel=_CELL)
]
Images = Annotated[
    bool,
    typer.Option(
        "--images/--no-images",
        help="Repeat atoms on faces, edges and corners on the opposite ones.",
        rich_help_panel=_CELL,
    ),
]
Supercell = Annotated[
    str,
    typer.Option(
        "--supercell",
        metavar="AxBxC",
        help="Repeats along a, b, c: 2x2x1; or nine whole numbers, row by row: 1,1,0,-1,1,0,0,0,1.",
        rich_help_panel=_CELL,
    ),
]
SlabOption = Annotated[
    str,
    typer.Option(
        "--slab",
        metavar="HKL:FROM:TO",
        help="Only between two planes, distances from the origin in Å: 001:0:3.5; either may be left out.",
        show_default=False,
        rich_help_panel=_CELL,
    ),
]
Moments = Annotated[
    MomentsChoice,
    typer.Option(
        "--moments",
        help="Arrows: the file's moments. Bars without heads or radius: the predicted abs(m).",
        rich_help_panel=_MOMENTS,
    ),
]
MomentLength = Annotated[
    float | None,
    typer.Option(
        "--moment-length",
        metavar="Å",
        min=0.0,
        help="Length of 1 μB, Å.",
        show_default="as fits",
        rich_help_panel=_MOMENTS,
    ),
]
MomentAxis = Annotated[
    str,
    typer.Option(
        "--moment-axis",
        metavar="UVW",
        help="Direction of collinear moments: [0 0 1].",
        rich_help_panel=_MOMENTS,
    ),
]
Scheme = Annotated[
    SchemeChoice,
    typer.Option("--element-colors", help="Colours of the elements.", rich_help_panel=_COLOURS),
]
ColourMap = Annotated[
    str | None,
    typer.Option(
        "--color-map",
        metavar="NAME",
        help="Map of the colour bar, such as viridis, plasma, cividis.",
        show_default="as fits",
        rich_help_panel=_COLOURS,
    ),
]
ColourLimits = Annotated[
    str,
    typer.Option(
        "--color-limits",
        metavar="LO:HI",
        help="Ends of the colour bar, in its unit.",
        show_default="from the data",
        rich_help_panel=_COLOURS,
    ),
]
Legend = Annotated[
    bool,
    typer.Option("--legend/--no-legend", help="Say what the colours mean.", rich_help_panel=_COLOURS),
]


def elements(text: str, option: str) -> frozenset[str]:
    """Elements of a list such as "Fe, O"."""
    found = [symbol for symbol in re.split(r"[\s,]+", text.strip()) if symbol]
    if wrong := [symbol for symbol in found if not re.fullmatch(r"[A-Z][a-z]?", symbol)]:
        raise CommandError(f"{option} takes elements such as Fe,O, not {wrong[0]!r}")
    return frozenset(found)


def bond_limits(texts: Sequence[str] | None) -> tuple[tuple[str, str, float], ...]:
    """Pairs with their longest bond, Å."""
    limits = []
    for text in texts or ():
        match = re.fullmatch(r"([A-Z][a-z]?)-([A-Z][a-z]?)=(\d*\.?\d+)", text)
        if match is None:
            raise CommandError(f"--bond-limit is a pair and a length in Å, such as Fe-O=2.4, not {text!r}")
        first, second = sorted((match[1], match[2]))
        limits.append((first, second, float(match[3])))
    return tuple(limits)


def supercell(text: str) -> tuple[int, int, int] | tuple[tuple[int, int, int], ...]:
    """Repeats, or a matrix."""
    if re.fullmatch(r"\d{1,2}[xX×]\d{1,2}[xX×]\d{1,2}", text):
        return cast(tuple[int, int, int], tuple(int(n) for n in re.split("[xX×]", text)))
    numbers = [n for n in re.split(r"[\s,;]+", text.strip()) if n]
    if len(numbers) != 9 or not all(re.fullmatch(r"-?\d{1,2}", n) for n in numbers):
        raise CommandError(f"--supercell is AxBxC such as 2x2x1, or nine whole numbers, not {text!r}")
    whole = [int(n) for n in numbers]
    return tuple((whole[row], whole[row + 1], whole[row + 2]) for row in (0, 3, 6))


def slab(text: str) -> Slab | None:
    """Two planes, or None for the empty text."""
    from negnn_gui.app.scene.camera import lattice_indices
    from negnn_gui.app.scene.style import Slab

    if not text:
        return None
    indices, *ends = text.split(":")
    normal = lattice_indices(indices, brackets="()")
    number = r"\s*-?\d*\.?\d*\s*"
    if normal is None or len(ends) != 2 or not all(re.fullmatch(number, end) for end in ends):
        raise CommandError(f"--slab is HKL:FROM:TO with distances in Å, such as 001:0:3.5, not {text!r}")
    lo, hi = (float(end) if end.strip() else None for end in ends)
    return Slab(normal, lo, hi)


def direction(text: str) -> tuple[int, int, int]:
    """Lattice direction of the moments."""
    from negnn_gui.app.scene.camera import lattice_indices

    indices = lattice_indices(text, brackets="[]")
    if indices is None:
        raise CommandError(f"--moment-axis is a direction such as [0 0 1], not {text!r}")
    return indices


def limits(text: str) -> tuple[float, float] | None:
    """Ends of the colour bar; None for the empty text."""
    if not text:
        return None
    try:
        lo, hi = (float(end) for end in text.split(":"))
    except ValueError:
        raise CommandError(f"--color-limits is LO:HI, such as 0:4.5, not {text!r}") from None
    return lo, hi
