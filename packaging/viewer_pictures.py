"""Make the pictures of the page on the 3D view: small, without a display, drawn as the window draws them.

Run as ``python packaging/viewer_pictures.py``. Each feature has a panel; what belongs together is one picture.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from docs_pictures import make_small

from negnn_gui.app.scene.colouring import Colouring, doubtful_sites, site_values
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.measure import AtomRef
from negnn_gui.app.scene.moments import shown_magnitudes
from negnn_gui.app.scene.picture import Panel, Picture
from negnn_gui.app.scene.png import PngWriter
from negnn_gui.app.scene.style import DARK, LIGHT, Slab, Style, Theme
from negnn_gui.inference.predictor import Predictor
from negnn_gui.results import Analysis
from negnn_gui.structures.entry import StructureEntry
from negnn_gui.structures.reading import read_structures, read_text

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
LARGEST_BYTES = 60_000
PANEL = (300, 240)
_CUBIC = """data_{name}
_cell_length_a {a}
_cell_length_b {a}
_cell_length_c {a}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
{sites}
"""
# Two species on one site, and a molecule that the cell cuts: no example that ships has these.
SHARED = _CUBIC.format(name="shared", a=4.1, sites="Fe1 Fe 0 0 0 0.6\nMn1 Mn 0 0 0 0.3\nO1 O 0.5 0.5 0.5 1")
MOLECULE = _CUBIC.format(
    name="water",
    a=5,
    sites="""O1 O 0.05 0.5 0.5 1
H1 H 0.93 0.5 0.62 1
H2 H 0.93 0.5 0.38 1
O2 O 0.5 0.97 0.1 1
H3 H 0.62 0.09 0.1 1
H4 H 0.38 0.09 0.1 1""",
)


PLAIN = Style(legend=False, axes=False)
ELEMENTS = Colouring()


@dataclass(frozen=True)
class Shot:
    """One panel: an example (or the text of a CIF), how it is drawn, and its name."""

    name: str
    source: str
    style: Style = PLAIN
    view: str = "standard"
    colour: Colouring = ELEMENTS
    selected: tuple[int, ...] = ()
    measured: tuple[AtomRef, ...] = ()
    theme: Theme = LIGHT


UNARMED = replace(PLAIN, moments="none")
MN, MN_FAR = AtomRef(1, (0, 0, 0)), AtomRef(0, (0, 1, 1))
F_NEAR, F_FAR = AtomRef(2, (0, 0, 0)), AtomRef(4, (0, 0, 0))
PICTURES: dict[str, tuple[int, Sequence[Shot]]] = {
    "viewer-styles": (
        2,
        [
            Shot(text, "Fe3O4.cif", replace(PLAIN, atoms=style, images=False))
            for text, style in (
                ("Ball and stick", "ball-and-stick"),
                ("Space-filling", "space-filling"),
                ("Sticks", "sticks"),
                ("Wireframe", "wireframe"),
            )
        ],
    ),
    "viewer-cell": (
        2,
        [
            Shot("Atoms on the boundary", "NiO.cif"),
            Shot("Without", "NiO.cif", replace(PLAIN, images=False)),
            Shot("Supercell 3 × 3 × 2", "MnF2.mcif", replace(PLAIN, supercell=(3, 3, 2), moments="none")),
            Shot("Slab (001), 0 to 3.5 Å", "LaMnO3.cif", replace(PLAIN, slab=Slab((0, 0, 1), 0.0, 3.5))),
        ],
    ),
    "viewer-bonds": (
        2,
        [
            Shot(
                "Polyhedra",
                "LaMnO3.cif",
                replace(PLAIN, polyhedra=frozenset({"Mn"}), hidden=frozenset({"La"})),
            ),
            Shot("Shared and partly empty sites", SHARED),
            Shot("Molecules cut by the cell", MOLECULE),
            Shot("Made whole", MOLECULE, replace(PLAIN, complete="molecules")),
        ],
    ),
    "viewer-moments": (
        2,
        [
            Shot("Moments of the file", "MnF2.mcif", replace(PLAIN, legend=True)),
            Shot("Predicted: colour", "Fe3O4.cif", replace(PLAIN, legend=True), colour=Colouring("moment")),
            Shot("Predicted: bars", "Cr2O3.cif", replace(PLAIN, legend=True, moments="bars")),
            Shot("Predicted: size", "Cr2O3.cif", replace(PLAIN, legend=True, moments="radius")),
        ],
    ),
    "viewer-colours": (
        2,
        [
            Shot("VESTA", "CrI3.cif", replace(PLAIN, legend=True)),
            Shot("Jmol", "CrI3.cif", replace(PLAIN, legend=True), colour=Colouring(scheme="jmol")),
            Shot(
                "Colour-blind safe",
                "CrI3.cif",
                replace(PLAIN, legend=True),
                colour=Colouring(scheme="colour-blind"),
            ),
            Shot("Dark", "CrI3.cif", replace(PLAIN, legend=True), theme=DARK),
        ],
    ),
    "viewer-looking": (
        2,
        [
            Shot("Along c", "LaMnO3.cif", replace(PLAIN, axes=True), "c"),
            Shot("Along [1 1 0]", "LaMnO3.cif", replace(PLAIN, axes=True), "[1 1 0]"),
            Shot("At right angles to (1 1 1)", "LaMnO3.cif", replace(PLAIN, axes=True), "(1 1 1)"),
            Shot("Perspective", "LaMnO3.cif", replace(PLAIN, axes=True, perspective=True)),
        ],
    ),
    "viewer-measuring": (
        2,
        [
            Shot("Selected", "MnF2.mcif", UNARMED, selected=(0,)),
            Shot("Distance", "MnF2.mcif", UNARMED, measured=(MN, F_NEAR)),
            Shot("Angle", "MnF2.mcif", UNARMED, measured=(F_NEAR, MN, F_FAR)),
            Shot("Dihedral", "MnF2.mcif", UNARMED, measured=(F_NEAR, MN, F_FAR, MN_FAR)),
        ],
    ),
}


def draw(shot: Shot, entry: StructureEntry, analysis: Analysis | None) -> CrystalScene:
    """The scene of one panel."""
    scene = CrystalScene(shot.theme, shot.style)
    scene.set_structure(entry)
    scene.set_values(
        shot.colour,
        site_values(entry, analysis, shot.colour.property),
        shown_magnitudes(analysis, shot.colour.property),
        doubtful_sites(analysis, shot.colour.property),
    )
    scene.set_selection(shot.selected)
    scene.set_measured(shot.measured)
    scene.look(shot.view)
    return scene


def take(folder: Path) -> list[Path]:
    """Draw all pictures into ``folder``."""
    predictor = Predictor.load(None, device="cpu")
    made = []
    for name, (lanes, shots) in PICTURES.items():
        panels = []
        for shot in shots:
            if shot.source.startswith("data_"):
                [entry] = read_text(shot.source, "text")
            else:
                [entry] = read_structures(ROOT / "resources" / "examples" / shot.source)
            assert isinstance(entry, StructureEntry), entry
            wanted = shot.colour.property != "element" or shot.style.moments in ("bars", "radius")
            analysis = next(iter(predictor.predict([entry]))) if wanted else None
            assert analysis is None or isinstance(analysis, Analysis), analysis
            panels.append(Panel(draw(shot, entry, analysis), shot.name))
        rows = [panels[start : start + lanes] for start in range(0, len(panels), lanes)]
        width, height = lanes * PANEL[0], len(rows) * PANEL[1]
        picture = Picture(rows, width, height)
        path = folder / f"{name}.png"
        writer = PngWriter(path, width, height)
        try:
            writer.add(picture.image())
            writer.finish()
        finally:
            writer.discard()
            picture.release()
        make_small(path, LARGEST_BYTES)
        made.append(path)
    return made


def main() -> int:
    """Draw them, into docs/images or wherever asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=IMAGES, metavar="DIR")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for path in take(arguments.out.resolve()):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
