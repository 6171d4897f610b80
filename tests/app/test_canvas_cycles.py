"""Structures that come and go a hundred times leave neither VTK objects nor memory."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from negnn_gui.app.scene.style import Style
from negnn_gui.app.views.canvas import CrystalCanvas
from negnn_gui.structures.entry import StructureEntry

pytestmark = pytest.mark.gui

PAGE = 4096


def resident_mb() -> float:
    """Memory of this process, MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6


def vtk_objects() -> int:
    """Number of VTK objects that Python holds."""
    gc.collect()
    return sum(str(type(thing).__module__).startswith("vtkmodules") for thing in gc.get_objects())


def crystal(number: int) -> StructureEntry:
    structure = Structure(Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return StructureEntry(f"{number}", None, 0, "NaCl", structure, ("Na1", "Cl1"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_hundred_openings_leave_nothing(qtbot: QtBot) -> None:
    def one(number: int) -> None:
        widget = CrystalCanvas()
        widget.resize(64, 48)
        widget.set_structure(crystal(number), Style(polyhedra=frozenset({"Na"}), legend=number % 2 == 0))
        widget.grab()
        widget.set_structure(None)
        widget.close()
        widget.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    for number in range(10):  # caches of VTK, Mesa and Qt fill
        one(number)
    objects, memory = vtk_objects(), resident_mb()
    for number in range(100):
        one(number)
    assert vtk_objects() <= objects
    assert resident_mb() - memory < 20.0
