"""glTF files: read back by VTK's own reader, and the rules of the format that it does not check."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkIOGeometry import vtkGLTFReader

from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.crystal import CrystalScene
from negnn_gui.app.scene.gltf import to_glb, write_glb, write_glb_row
from negnn_gui.app.scene.layers import Shapes
from negnn_gui.app.scene.style import Style
from negnn_gui.structures.entry import StructureEntry

Crystals = Callable[..., StructureEntry]
Scenes = Callable[..., CrystalScene]
BARE = Style(cell=False, axes=False, legend=False)


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The document and the binary part of a file, whose sizes must be right."""
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    size, kind = struct.unpack_from("<I4s", data, 12)
    assert kind == b"JSON" and size % 4 == 0
    document = json.loads(data[20 : 20 + size])
    rest = data[20 + size :]
    if not rest:
        return document, b""
    size, kind = struct.unpack_from("<I4s", rest)
    assert kind == b"BIN\0" and size == len(rest) - 8 == document["buffers"][0]["byteLength"]
    return document, rest[8:]


def bounds(path: Path) -> np.ndarray:
    """(2, 3) smallest and largest coordinates of all bodies, as VTK places them."""
    reader = vtkGLTFReader()
    reader.SetFileName(str(path))
    reader.ApplyDeformationsToGeometryOn()
    reader.Update()
    points = []
    cursor = reader.GetOutput().NewIterator()
    while not cursor.IsDoneWithTraversal():
        points.append(vtk_to_numpy(cursor.GetCurrentDataObject().GetPoints().GetData()))
        cursor.GoToNextItem()
    stacked = np.concatenate(points)
    return np.array([stacked.min(axis=0), stacked.max(axis=0)])


def test_atoms_lie_where_they_are_with_c_upwards(
    known_crystal: Crystals, open_scene: Scenes, tmp_path: Path
) -> None:
    scene = open_scene(known_crystal("rutile"), Style(cell=False, axes=False, legend=False, bonds=False))
    path = tmp_path / "rutile.glb"
    write_glb(path, scene.shapes(), "rutile")
    drawing = scene.drawing
    upright = drawing.atoms.position[:, [0, 2, 1]] * [1, 1, -1]  # x, z, -y
    expected = [
        (upright - drawing.radii[:, None]).min(axis=0),
        (upright + drawing.radii[:, None]).max(axis=0),
    ]
    np.testing.assert_allclose(bounds(path), expected, atol=0.02)


def test_sticks_reach_from_atom_to_atom(known_crystal: Crystals, open_scene: Scenes, tmp_path: Path) -> None:
    scene = open_scene(known_crystal("NaCl"), Style(atoms="sticks", cell=False, axes=False, legend=False))
    shapes = scene.shapes()
    path = tmp_path / "sticks.glb"
    write_glb(path, Shapes(sticks=shapes.sticks), "sticks")
    reach = 0.10
    np.testing.assert_allclose(
        bounds(path), [[-reach, -reach, -5.64 - reach], [5.64 + reach, 5.64 + reach, reach]], atol=0.02
    )


def test_each_colour_is_one_material_and_each_atom_one_node(
    known_crystal: Crystals, open_scene: Scenes
) -> None:
    scene = open_scene(known_crystal("NaCl"), BARE)
    document, binary = parts(to_glb(scene.shapes(), "NaCl"))
    assert len(document["materials"]) == 2
    drawing = scene.drawing
    assert len(document["nodes"]) == 1 + len(drawing.atoms) + 2 * len(drawing.bonds)
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= len(binary)
    red = document["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"]
    assert all(0.0 <= channel <= 1.0 for channel in red)


def test_polyhedra_are_translucent_and_cell_and_moments_are_there(
    known_crystal: Crystals, open_scene: Scenes
) -> None:
    entry = known_crystal("perovskite", moment_input=np.array([0, 2.0, 0, 0, 0]))
    scene = open_scene(entry, Style(polyhedra=frozenset({"Ti"})))
    scene.set_values(Colouring(), None)
    document, _ = parts(to_glb(scene.shapes(), "SrTiO3"))
    modes = [primitive["mode"] for mesh in document["meshes"] for primitive in mesh["primitives"]]
    assert 1 in modes and 4 in modes
    assert sum(material.get("alphaMode") == "BLEND" for material in document["materials"]) == 1
    assert len(scene.shapes().meshes) == 2  # faces of the polyhedra and heads of the arrows


def test_crystals_of_a_row_do_not_touch_and_the_first_lies_where_it_was(
    known_crystal: Crystals, open_scene: Scenes, tmp_path: Path
) -> None:
    scenes = [open_scene(known_crystal(name), BARE) for name in ("NaCl", "rutile", "hcp")]
    shapes = [scene.shapes() for scene in scenes]
    alone, row = tmp_path / "alone.glb", tmp_path / "row.glb"
    boxes = []
    for each in shapes:
        write_glb(alone, each, "one")
        boxes.append(bounds(alone))
    write_glb_row(row, [(str(place), each) for place, each in enumerate(shapes)])
    widths = [hi[0] - lo[0] for lo, hi in boxes]
    lo, hi = bounds(row)
    assert lo[0] == pytest.approx(boxes[0][0][0], abs=0.01)
    assert hi[0] - lo[0] == pytest.approx(sum(widths) + 2 * 0.15 * max(widths), abs=0.1)
    np.testing.assert_allclose(lo[1:], np.min([box[0][1:] for box in boxes], axis=0), atol=0.01)
    document, _ = parts(row.read_bytes())
    assert len(document["scenes"][0]["nodes"]) == 3


def test_nothing_is_still_a_file() -> None:
    document, binary = parts(to_glb(Shapes(), "nothing"))
    assert document["nodes"][0]["name"] == "nothing" and "meshes" not in document and binary == b""
