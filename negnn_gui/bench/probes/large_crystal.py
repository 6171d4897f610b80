"""A large crystal drawn without a window, as the 3D view draws it."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.bench.benchmark import median_ms
from negnn_gui.bench.crystals import TWENTY_ATOMS, supercell
from negnn_gui.bench.probes.answer import answer

WIDTH, HEIGHT = 1000, 800


def main() -> None:
    """Draw, turn, pick and recolour; the times are medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", default="20x25x10")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    along_a, along_b, along_c = (int(number) for number in arguments.cells.split("x"))
    entry = supercell(TWENTY_ATOMS, (along_a, along_b, along_c))
    scene = CrystalScene()
    scene.render_image(WIDTH, HEIGHT, smooth=False)  # OpenGL starts, and tells its name once it has drawn
    renderer = scene.describe_graphics()

    begin = time.perf_counter()
    scene.set_structure(entry)
    scene.render_image(WIDTH, HEIGHT, smooth=False)
    first_picture_s = time.perf_counter() - begin

    def turn(draft: bool) -> None:
        scene.camera = scene.camera.rotated(7.0, 3.0)
        scene.render_image(WIDTH, HEIGHT, smooth=False, draft=draft)

    colourings = [
        (Colouring(property="moment"), np.random.default_rng(0).uniform(0.0, 5.0, entry.n_sites)),
        (replace(Colouring(), property="element"), None),
    ]

    def recolour() -> None:
        colouring, values = colourings[0]
        colourings.reverse()
        scene.set_values(colouring, values)
        scene.render_image(WIDTH, HEIGHT, smooth=False)

    repeats = arguments.repeats
    frame_ms = median_ms(lambda: turn(False), repeats)
    turning_ms = median_ms(lambda: turn(True), repeats)
    pick_ms = median_ms(lambda: scene.pick(0.5 * WIDTH, 0.5 * HEIGHT, WIDTH, HEIGHT), repeats)
    recolour_ms = median_ms(recolour, repeats)
    answer(
        atoms=entry.n_sites,
        renderer=renderer,
        first_picture_s=first_picture_s,
        frame_ms=frame_ms,
        turning_ms=turning_ms,
        pick_ms=pick_ms,
        recolour_ms=recolour_ms,
    )


if __name__ == "__main__":
    main()
