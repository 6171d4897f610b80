"""The unseen window: nothing is left of it, and a machine without OpenGL gets a sentence."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from collections.abc import Callable

import pytest

from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.window import GraphicsError, OffscreenWindow
from negnn_gui.structures.entry import StructureEntry

NO_OPENGL = """
from negnn_gui.app.scene import window
window._window_kinds = lambda: [window.opengl.vtkEGLRenderWindow]
try:
    window.OffscreenWindow()
except window.GraphicsError as error:
    print(error)
"""


def test_scenes_that_come_and_go_leave_no_window(known_crystal: Callable[..., StructureEntry]) -> None:
    entry = known_crystal("hcp")
    left = []
    for _ in range(25):
        scene = CrystalScene()
        scene.set_structure(entry)
        scene.render_image(40, 30)
        left += [weakref.ref(scene), weakref.ref(scene.renderer), weakref.ref(scene._stage._window.window)]
        scene.release()
        del scene
    gc.collect()
    assert [alive() for alive in left if alive() is not None] == []


def test_a_released_window_says_so() -> None:
    window = OffscreenWindow()
    window.release()
    window.release()
    with pytest.raises(GraphicsError, match="closed"):
        window.draw(10, 10)


def test_the_renderer_has_a_name() -> None:
    window = OffscreenWindow()
    assert window.describe()
    window.release()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="OpenGL cannot be taken away elsewhere")
def test_a_machine_without_opengl_gets_one_sentence() -> None:
    """EGL finds no driver, and no other kind of window is tried."""
    environment = {**os.environ, "__EGL_VENDOR_LIBRARY_FILENAMES": os.devnull}
    done = subprocess.run(
        [sys.executable, "-c", NO_OPENGL], env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3D view: this machine offers no OpenGL 3.2; install")
