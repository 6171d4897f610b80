"""Pictures as files: size, transparency, and a machine without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.png import PngWriter
from negnn_gui.app.scene.render import render_file_image, render_png, save_png
from negnn_gui.app.scene.stage import Tile
from negnn_gui.app.scene.style import Style
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]

ALONE = """
import sys
from pathlib import Path
from pymatgen.core import Lattice, Structure
from negnn_gui.app.scene.render import render_png
from negnn_gui.structures.entry import StructureEntry
structure = Structure(Lattice.cubic(2.866), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
entry = StructureEntry("fe", None, 0, "Fe", structure, ("Fe1", "Fe2"))
render_png(entry, None, Path(sys.argv[1]), size=(320, 240), view="standard")
"""


def test_a_png_has_exactly_the_pixels_that_were_drawn(tmp_path: Path) -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (37, 53, 4), dtype=np.uint8)
    save_png(tmp_path / "noise.png", rgba, dots_per_inch=300)
    with Image.open(tmp_path / "noise.png") as read:
        np.testing.assert_array_equal(np.array(read), rgba)
        assert read.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_a_picture_that_is_not_finished_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kept.png"
    path.write_bytes(b"older")
    writer = PngWriter(path, 4, 6)
    writer.add(np.zeros((2, 4, 4), dtype=np.uint8))
    with pytest.raises(ValueError, match="lacks 4 rows"):
        writer.finish()
    writer.discard()
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("perspective", [False, True])
def test_parts_make_the_whole(known_crystal: Crystals, perspective: bool) -> None:
    scene = CrystalScene(style=Style(perspective=perspective))
    scene.set_structure(known_crystal("rutile"))
    whole = scene.render_image(400, 300)
    tiles = [
        Tile(left, top, min(150, 400 - left), min(70, 300 - top))
        for top in range(0, 300, 70)
        for left in range(0, 400, 150)
    ]
    joined = np.zeros_like(whole)
    for tile, part in zip(tiles, scene.render_tiles(400, 300, tiles), strict=True):
        joined[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width] = part
    scene.release()
    apart = np.abs(whole.astype(int) - joined).max(axis=2)
    assert np.mean(apart > 8) < 5e-4, "a few pixels on edges may be rounded the other way"


@pytest.mark.parametrize("size", [(64, 48), (501, 333), (1200, 900)])
def test_render_writes_the_size_asked_for(
    size: tuple[int, int], known_crystal: Crystals, tmp_path: Path
) -> None:
    path = tmp_path / "fig.png"
    render_png(known_crystal("rutile"), None, path, size=size, view="c")
    with Image.open(path) as picture:
        assert picture.size == size
        assert len(picture.convert("RGB").getcolors(10**7)) > 20


def test_colour_legend_and_transparency_are_seen(known_crystal: Crystals, tmp_path: Path) -> None:
    entry = known_crystal("NaCl", moment_input=np.linspace(-1, 1, 8))
    pictures = {}
    for name, options in {
        "plain": {},
        "input": {"colouring": Colouring("input")},
        "bare": {"style": Style(legend=False)},
        "clear": {"transparent": True},
    }.items():
        render_png(entry, None, tmp_path / f"{name}.png", size=(300, 200), **options)
        with Image.open(tmp_path / f"{name}.png") as picture:
            pictures[name] = np.array(picture)
    assert not np.array_equal(pictures["plain"], pictures["input"])
    assert np.any(pictures["plain"][:, -25:, :3] != 255)
    assert np.all(pictures["bare"][:, -20:, :3] == 255)
    assert pictures["clear"][0, 0, 3] == 0
    assert pictures["plain"][0, 0, 3] == 255


@pytest.mark.parametrize("size", [(0, 10), (10, 8001)])
def test_impossible_sizes_are_refused(size: tuple[int, int], known_crystal: Crystals) -> None:
    with pytest.raises(ValueError, match="1 to 8000 pixels each way"):
        render_file_image(known_crystal("hcp"), None, size=size)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_a_machine_without_a_display_draws_too_and_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "fe.png"
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("VTK_DEFAULT_OPENGL_WINDOW", None)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(path)], env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    with Image.open(path) as picture:
        assert picture.size == (320, 240)
        assert len(picture.convert("RGB").getcolors(10**7)) > 20
