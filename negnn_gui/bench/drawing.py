"""A very large crystal, drawn in software: what a machine without a graphics card is asked to do."""

from __future__ import annotations

import sys

from negnn_gui.bench import processes
from negnn_gui.bench.benchmark import Benchmark, Settings
from negnn_gui.bench.figures import Figure, Measured

_FRAME_TARGET_MS = 700.0
_FIRST_PICTURE_TARGET_S = 2.0
_PICK_TARGET_MS = 30.0
_DRAG_TARGET = 10.0
_MEMORY_TARGET_MB = 500.0
_OPEN_TARGET_MS = 150.0


def measure_large(settings: Settings) -> Measured:
    """First picture, a frame, a frame while turning, a pick and a recolouring at 100,000 atoms."""
    cells = "4x4x4" if settings.quick else "20x25x10"
    software = {"LIBGL_ALWAYS_SOFTWARE": "1"} if sys.platform.startswith("linux") else {}
    arguments = ["--cells", cells, "--repeats", str(min(settings.repeats, 5))]
    answer = processes.ask("large_crystal", arguments, software)
    memory = answer["memory_mb"]
    weight = () if memory is None else (Figure("memory_above_idle", memory, "MB", target=_MEMORY_TARGET_MB),)
    return Measured(
        (
            Figure("frame", answer["frame_ms"], "ms", target=_FRAME_TARGET_MS),
            Figure("frame_while_turning", answer["turning_ms"], "ms"),
            Figure("first_picture", answer["first_picture_s"], "s", target=_FIRST_PICTURE_TARGET_S),
            Figure("pick", answer["pick_ms"], "ms", target=_PICK_TARGET_MS),
            Figure("recolour_and_frame", answer["recolour_ms"], "ms"),
            Figure(
                "pictures_while_dragging", answer["dragging_per_s"], "/s", target=_DRAG_TARGET, best="high"
            ),
            *weight,
        ),
        {
            "atoms": answer["atoms"],
            "size": "1000x800",
            "renderer": answer["renderer"],
            "repeats": min(settings.repeats, 5),
        },
    )


LARGE = Benchmark("large_crystal", "100,000 atoms in software OpenGL", measure_large)


def measure_opening(settings: Settings) -> Measured:
    """From a file of 20 atoms dropped on the window to its picture."""
    answer = processes.ask("opening", ["--repeats", str(min(settings.repeats, 5))])
    return Measured(
        (
            Figure("drop_to_picture", answer["median_ms"], "ms", target=_OPEN_TARGET_MS),
            Figure("drop_to_picture_processor", answer["processor_ms"], "ms"),
            Figure("drop_to_smooth_picture", answer["smooth_ms"], "ms"),
            Figure("first_drop_to_picture", answer["first_ms"], "ms"),
        ),
        {
            "repeats": answer["repeats"],
            "qt_platform": answer["platform"],
            "renderer": answer["renderer"],
        },
    )


OPENING = Benchmark("opening", "From a dropped file to its picture", measure_opening)
