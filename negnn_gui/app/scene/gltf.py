"""The crystal as a binary glTF file (.glb) for Blender, PowerPoint or a web page; 1 unit is 1 Å, c points up.

Khronos Group, glTF 2.0 specification (ISO/IEC 12113:2022). Each kind of body is stored once and placed many
times, so that a crystal of thousands of atoms stays small.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from negnn_gui.app.scene.meshes import Mesh, cylinder, sectors
from negnn_gui.export.atomic import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from negnn_gui.app.scene.layers import Shapes

Floats = NDArray[np.float64]

_FLOAT, _UINT = 5126, 5125
_LINES, _TRIANGLES = 1, 4
_ARRAY, _ELEMENTS = 34962, 34963
_GAP = 0.15  # between crystals, of the widest one
_UPRIGHT = [-float(np.sqrt(0.5)), 0.0, 0.0, float(np.sqrt(0.5))]  # z of the crystal becomes y of glTF


def write_glb(path: Path, shapes: Shapes, name: str) -> None:
    """Write what ``CrystalScene.shapes`` gives; texts and legend are no bodies and stay out.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    write_whole(path, to_glb(shapes, name))


def write_glb_row(path: Path, named: Sequence[tuple[str, Shapes]]) -> None:
    """Write several crystals into one file, from left to right, each a node of its own with its name.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    write_whole(path, row_to_glb(named))


def to_glb(shapes: Shapes, name: str) -> bytes:
    """The bytes of the file."""
    return row_to_glb([(name, shapes)])


def row_to_glb(named: Sequence[tuple[str, Shapes]]) -> bytes:
    """The bytes of a file with several crystals; the first lies where its own coordinates say."""
    file = _File()
    spans = [_span(shapes) for _, shapes in named]
    gap = _GAP * max(hi - lo for lo, hi in spans)
    shift = 0.0
    for place, (name, shapes) in enumerate(named):
        if place:
            shift += spans[place - 1][1] + gap - spans[place][0]
        file.begin(name, shift)
        _add(file, shapes)
    return file.finish()


def _span(shapes: Shapes) -> tuple[float, float]:
    """Smallest and largest x of all bodies, Å."""
    ends = [np.concatenate([s.centres[:, 0] - s.radii, s.centres[:, 0] + s.radii]) for s in shapes.spheres]
    for sticks in shapes.sticks:
        half = np.abs(sticks.axes[:, 0]) * sticks.sizes[:, 2] / 2.0 + sticks.sizes[:, 0]
        ends += [sticks.centres[:, 0] - half, sticks.centres[:, 0] + half]
    ends += [mesh.points[:, 0] for mesh in shapes.meshes]
    ends += [lines.points[:, 0] for lines in shapes.lines]
    xs = np.concatenate([np.zeros(0), *ends])
    return (float(xs.min()), float(xs.max())) if len(xs) else (0.0, 0.0)


def _add(file: _File, shapes: Shapes) -> None:
    ball = sectors(np.zeros((1, 3)), 1.0, [1.0], [(0, 0, 0)], steps=32)
    stick = cylinder()
    for spheres in shapes.spheres:
        file.place(ball, spheres.centres, np.repeat(spheres.radii[:, None], 3, axis=1), None, spheres.colours)
    for sticks in shapes.sticks:
        turns = _turns(sticks.axes)
        file.place(stick, sticks.centres, sticks.sizes, turns, sticks.colours)
    for mesh in shapes.meshes:
        file.add_mesh(mesh)
    for lines in shapes.lines:
        file.add_lines(lines.points, lines.pairs, lines.colours)


class _File:
    """A glTF document in the making."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []
        self._materials: list[dict[str, Any]] = []
        self._meshes: list[dict[str, Any]] = []
        self._nodes: list[dict[str, Any]] = []
        self._roots: list[int] = []
        self._known: dict[tuple[float, ...], int] = {}

    def begin(self, name: str, shift: float) -> None:
        """What follows belongs to a crystal of this name, ``shift`` Å to the right of its own coordinates."""
        self._roots.append(len(self._nodes))
        root: dict[str, Any] = {"name": name, "rotation": _UPRIGHT, "children": []}
        if shift:
            root["translation"] = [shift, 0.0, 0.0]
        self._nodes.append(root)

    def place(
        self, mesh: Mesh, centres: Floats, sizes: Floats, turns: Floats | None, colours: NDArray[np.uint8]
    ) -> None:
        """Copies of a mesh at (K, 3) centres, (K, 3) times as large, turned by (K, 4) quaternions."""
        attributes, indices = self._attributes(mesh, with_colours=False)
        distinct, which = np.unique(colours.reshape(-1, 3), axis=0, return_inverse=True)
        first = len(self._meshes)
        for colour in distinct:
            self._add_primitive(attributes, indices, self._material(colour), _TRIANGLES)
        turned = None if turns is None else turns.tolist()
        rows = zip(centres.tolist(), sizes.tolist(), which.ravel().tolist(), strict=True)
        for index, (centre, size, kind) in enumerate(rows):
            node = {"mesh": first + kind, "translation": centre, "scale": size}
            if turned is not None:
                node["rotation"] = turned[index]
            self._add_node(node)

    def add_mesh(self, mesh: Mesh) -> None:
        """A mesh with colours of its own, (P, 3 or 4)."""
        alpha = mesh.colours.shape[1] == 4 and bool((mesh.colours[:, 3] < 255).any())
        attributes, indices = self._attributes(mesh, with_colours=True)
        self._add_primitive(attributes, indices, self._material(None, alpha), _TRIANGLES)
        self._add_node({"mesh": len(self._meshes) - 1})

    def add_lines(self, points: Floats, pairs: NDArray[np.int64], colours: NDArray[np.uint8]) -> None:
        """Lines between (L, 2) pairs of points with (L, 3) colours."""
        for colour in np.unique(colours, axis=0):
            of_colour = pairs[np.all(colours == colour, axis=1)]
            attributes = {"POSITION": self._accessor(points, "VEC3", _ARRAY, limits=True)}
            indices = self._accessor(of_colour.ravel(), "SCALAR", _ELEMENTS)
            self._add_primitive(attributes, indices, self._material(colour), _LINES)
            self._add_node({"mesh": len(self._meshes) - 1})

    def finish(self) -> bytes:
        """The document and its data as one file."""
        document = {
            "asset": {"version": "2.0", "generator": "negnn-gui", "extras": {"unit": "angstrom"}},
            "scene": 0,
            "scenes": [{"nodes": self._roots}],
            "nodes": self._nodes,
            "meshes": self._meshes,
            "materials": self._materials,
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self._bytes)}],
        }
        for root in self._roots:
            if not self._nodes[root]["children"]:
                del self._nodes[root]["children"]  # the format allows no empty lists
        document = {key: value for key, value in document.items() if value or value == 0}
        if not self._bytes:
            del document["buffers"]
        text = json.dumps(document, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text
        if self._bytes:
            chunks += struct.pack("<I4s", len(self._bytes), b"BIN\0") + self._bytes
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def _attributes(self, mesh: Mesh, with_colours: bool) -> tuple[dict[str, int], int]:
        attributes = {
            "POSITION": self._accessor(mesh.points, "VEC3", _ARRAY, limits=True),
            "NORMAL": self._accessor(mesh.normals, "VEC3", _ARRAY),
        }
        if with_colours:
            colours = np.full((len(mesh.colours), 4), 1.0)
            colours[:, :3] = _linear(mesh.colours[:, :3])
            if mesh.colours.shape[1] == 4:
                colours[:, 3] = mesh.colours[:, 3] / 255.0
            attributes["COLOR_0"] = self._accessor(colours, "VEC4", _ARRAY)
        return attributes, self._accessor(mesh.triangles.ravel(), "SCALAR", _ELEMENTS)

    def _add_primitive(self, attributes: dict[str, int], indices: int, material: int, mode: int) -> None:
        primitive = {"attributes": attributes, "indices": indices, "material": material, "mode": mode}
        self._meshes.append({"primitives": [primitive]})

    def _add_node(self, node: dict[str, Any]) -> None:
        self._nodes[self._roots[-1]]["children"].append(len(self._nodes))
        self._nodes.append(node)

    def _material(self, colour: NDArray[np.uint8] | None, translucent: bool = False) -> int:
        """A matt material; None is white, to be multiplied by the colours of the mesh."""
        factor = [1.0, 1.0, 1.0] if colour is None else [round(float(c), 5) for c in _linear(colour)]
        key = (*factor, float(translucent))
        if key not in self._known:
            material: dict[str, Any] = {
                "pbrMetallicRoughness": {
                    "baseColorFactor": [*factor, 1.0],
                    "metallicFactor": 0.0,
                    "roughnessFactor": 0.45,
                }
            }
            if translucent:
                material |= {"alphaMode": "BLEND", "doubleSided": True}
            self._known[key] = len(self._materials)
            self._materials.append(material)
        return self._known[key]

    def _accessor(self, values: NDArray[Any], kind: str, target: int, limits: bool = False) -> int:
        whole = np.issubdtype(values.dtype, np.integer)
        data = np.ascontiguousarray(values, dtype="<u4" if whole else "<f4")
        self._views.append(
            {"buffer": 0, "byteOffset": len(self._bytes), "byteLength": data.nbytes, "target": target}
        )
        self._bytes += data.tobytes()
        accessor: dict[str, Any] = {
            "bufferView": len(self._views) - 1,
            "componentType": _UINT if whole else _FLOAT,
            "count": len(data),
            "type": kind,
        }
        if limits:
            accessor |= {"min": data.min(axis=0).tolist(), "max": data.max(axis=0).tolist()}
        self._accessors.append(accessor)
        return len(self._accessors) - 1


def _linear(colours: NDArray[np.uint8]) -> Floats:
    """sRGB 0 to 255 as the linear light 0 to 1 that glTF counts in (IEC 61966-2-1)."""
    share = np.asarray(colours, dtype=np.float64) / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _turns(axes: Floats) -> Floats:
    """(K, 4) float: quaternions x, y, z, w that turn z to the (K, 3) unit vectors."""
    turns = np.column_stack([-axes[:, 1], axes[:, 0], np.zeros(len(axes)), 1.0 + axes[:, 2]])
    turns[turns[:, 3] < 1e-6] = [1.0, 0.0, 0.0, 0.0]
    return np.asarray(turns / np.linalg.norm(turns, axis=1, keepdims=True))
