"""A large crystal drawn without a window, as the 3D view draws it."""

from __future__ import annotations

import argparse
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.views.canvas_scene import LazyScene
from negnn_gui.bench.benchmark import median_ms
from negnn_gui.bench.crystals import TWENTY_ATOMS, supercell
from negnn_gui.bench.probes.answer import answer

if TYPE_CHECKING:
    from negnn_gui.structures.entry import StructureEntry

WIDTH, HEIGHT = 1000, 800
_DRAGGED = 16


def main() -> None:
    """Draw, turn, pick and recolour; the times are medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", default="20x25x10")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    along_a, along_b, along_c = (int(number) for number in arguments.cells.split("x"))
    scene = CrystalScene()
    scene.set_structure(supercell(TWENTY_ATOMS, (1, 1, 1)))  # whatever is loaded with the first crystal
    scene.render_image(WIDTH, HEIGHT, smooth=False)  # OpenGL starts, and tells its name once it has drawn
    renderer = scene.describe_graphics()
    scene.set_structure(None)
    idle_mb = resident_mb()
    entry = supercell(TWENTY_ATOMS, (along_a, along_b, along_c))

    begin = time.perf_counter()
    scene.set_structure(entry)
    scene.render_image(WIDTH, HEIGHT, smooth=False)
    first_picture_s = time.perf_counter() - begin
    memory_mb = None if idle_mb is None else (resident_mb() or 0.0) - idle_mb

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
    scene.release()
    answer(
        dragging_per_s=dragging_rate(entry),
        memory_mb=memory_mb,
        atoms=entry.n_sites,
        renderer=renderer,
        first_picture_s=first_picture_s,
        frame_ms=frame_ms,
        turning_ms=turning_ms,
        pick_ms=pick_ms,
        recolour_ms=recolour_ms,
    )


def dragging_rate(entry: StructureEntry) -> float:
    """Pictures a second once the 3D view has chosen its resolution for a moving crystal."""
    view = LazyScene()
    view.set_entry(entry)
    view.picture(WIDTH, HEIGHT, 1.0, moving=False)
    times = []
    for _ in range(_DRAGGED):
        begin = time.perf_counter()
        view.set_camera(view.scene().camera.rotated(0.02, 0.01))
        view.picture(WIDTH, HEIGHT, 1.0, moving=True)
        times.append(time.perf_counter() - begin)
    view.release()
    return 1.0 / statistics.median(times[_DRAGGED // 2 :])


def resident_mb() -> float | None:
    """Memory of this process, MB; None where the system does not tell in the Linux way."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
