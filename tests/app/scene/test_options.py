"""Each option in the picture: atoms have their colour where NumPy projects them, whatever else is chosen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.colours import element_colours
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.moments import Magnitudes
from negnn_gui.app.scene.style import Slab, Style
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]
Scenes = Callable[..., CrystalScene]
WIDTH, HEIGHT = 360, 300
PLAIN = Style(cell=False, axes=False, legend=False)


@pytest.mark.parametrize(
    "changes",
    [
        {"atoms": "space-filling"},
        {"perspective": True},
        {"supercell": (2, 1, 1)},
        {"supercell": ((1, 1, 0), (-1, 1, 0), (0, 0, 1))},
        {"images": False},
        {"complete": "bonds"},
        {"bonds": False},
        {"bond_scale": 1.4},
        {"bond_limits": (("Cl", "Na", 0.0),)},
        {"slab": Slab((1, 1, 1), None, 5.0)},
        {"hidden": frozenset({"Cl"})},
        {"moments": "radius"},
        {"cell": True, "axes": True, "legend": True},
    ],
    ids=lambda changes: ",".join(changes),
)
def test_atoms_have_their_colour_where_they_are(
    changes: dict[str, object],
    known_crystal: Crystals,
    open_scene: Scenes,
    frontmost: Callable[..., list[int]],
) -> None:
    entry = known_crystal("NaCl")
    scene = open_scene(entry, replace(PLAIN, **changes))
    magnitudes = Magnitudes(np.linspace(1.0, 2.0, 8), "abs(m)")
    scene.set_values(Colouring(), None, magnitudes)
    scene.look("[321]")
    image = scene.render_image(WIDTH, HEIGHT)[..., :3].astype(int)
    table = element_colours(entry.elements)
    seen = frontmost(scene, WIDTH, HEIGHT)
    assert len(seen) >= 4
    assert scene.drawing is not None
    places = scene.project(scene.drawing.atoms.position, WIDTH, HEIGHT)
    for index in seen:
        x, y, _ = places[index]
        colour = np.array(table[entry.elements[scene.drawing.atoms.site[index]]])
        np.testing.assert_allclose(image[int(y), int(x)], colour, atol=30)


def test_what_is_left_out_leaves_white(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("NaCl"), replace(PLAIN, bonds=False))
    scene.look("c")
    whole = scene.render_image(WIDTH, HEIGHT)
    chlorine = scene.project(np.array([[2.82, 0.0, 5.64]]), WIDTH, HEIGHT)[0]
    assert whole[int(chlorine[1]), int(chlorine[0]), :3].min() < 200
    x, y = int(chlorine[0]), int(chlorine[1])
    scene.set_style(replace(PLAIN, bonds=False, slab=Slab((0, 1, 0), 0.5, None)))
    assert scene.render_image(WIDTH, HEIGHT)[y, x, :3].min() == 255
    scene.set_style(replace(PLAIN, bonds=False, hidden=frozenset({"Cl"})))
    behind = scene.render_image(WIDTH, HEIGHT)[y, x, :3].astype(int)  # the sodium that the chlorine hid
    np.testing.assert_allclose(behind, element_colours(["Na"])["Na"], atol=30)


def test_balls_grow_with_the_magnitude_in_the_picture(known_crystal: Crystals, open_scene: Scenes) -> None:
    scene = open_scene(known_crystal("hcp"), replace(PLAIN, moments="radius", images=False, bonds=False))
    scene.set_values(Colouring(), None, Magnitudes(np.array([4.0, 1.0]), "abs(m)"))
    scene.look("a")
    image = scene.render_image(WIDTH, HEIGHT)[..., :3].min(axis=2) < 240
    widths = []
    for x, y, _ in scene.project(scene.drawing.atoms.position, WIDTH, HEIGHT):
        row = np.flatnonzero(image[int(y)])
        widths.append(np.ptp(row[np.abs(row - x) < 120]) + 1)
    assert widths[0] / widths[1] == pytest.approx(2.0, abs=0.12)


def test_the_key_of_bars_and_balls_is_in_the_picture(known_crystal: Crystals, open_scene: Scenes) -> None:
    ink = {}
    for kind in ("none", "bars", "radius"):
        scene = open_scene(known_crystal("hcp"), replace(PLAIN, moments=kind, legend=True))
        scene.set_values(Colouring(), None, Magnitudes(np.array([2.0, 1.0]), "abs(m) DFT"))
        corner = scene.render_image(WIDTH, HEIGHT)[240:, 310:, :3]
        ink[kind] = int((corner.min(axis=2) < 160).sum())
    assert ink["none"] == 0 and min(ink["bars"], ink["radius"]) > 30


DRAW = """
import sys
from pathlib import Path
from pymatgen.core import Lattice, Structure
from negnn_gui.app.scene.render import render_png
from negnn_gui.structures.entry import StructureEntry
frac = [[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]
structure = Structure(Lattice.cubic(3.905), ["Sr", "Ti", "O", "O", "O"], frac)
entry = StructureEntry("x", None, 0, "SrTiO3", structure, ("Sr1", "Ti1", "O1", "O2", "O3"))
render_png(entry, None, Path(sys.argv[1]), size=(400, 300), view="standard")
"""


@pytest.mark.skipif(
    not (sys.platform.startswith("linux") and os.environ.get("DISPLAY")),
    reason="needs an X display to compare with",
)
def test_a_display_and_none_give_the_same_picture(tmp_path: Path) -> None:
    kinds = {"x11": "vtkXOpenGLRenderWindow", "memory": "vtkOSOpenGLRenderWindow"}
    pictures = []
    for name, kind in kinds.items():
        path = tmp_path / f"{name}.png"
        environment = {**os.environ, "VTK_DEFAULT_OPENGL_WINDOW": kind, "LIBGL_ALWAYS_SOFTWARE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", DRAW, str(path)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        pictures.append(np.array(Image.open(path).convert("RGB")).astype(int))
    apart = np.abs(pictures[0] - pictures[1]).max(axis=2)
    assert apart.mean() < 0.5 and (apart > 24).mean() < 0.002
