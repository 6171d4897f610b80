"""NumPy arrays as VTK actors: spheres and sticks drawn by ray casting in the shader, lines and triangles.

Spheres and sticks are impostors (``vtkOpenGLSphereMapper``, ``vtkOpenGLStickMapper``): one quad each, exact
at any zoom, and many times faster than meshes in software OpenGL.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkDataSetAttributes, vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper
from vtkmodules.vtkRenderingOpenGL2 import vtkOpenGLSphereMapper, vtkOpenGLStickMapper

from negnn_gui.app.scene.meshes import Mesh

Floats = NDArray[np.float64]
Colours = NDArray[np.uint8]

_RADIUS, _AXIS, _SIZE = "radius", "axis", "size"


@dataclass(frozen=True, eq=False)
class PlacedSpheres:
    """(M, 3) centres and (M,) radii, Å, with (M, 3) colours."""

    centres: Floats
    radii: Floats
    colours: Colours


@dataclass(frozen=True, eq=False)
class PlacedSticks:
    """(K, 3) middles, Å, (K, 3) unit axes, (K, 3) radius, radius and length, Å, and (K, 3) colours."""

    centres: Floats
    axes: Floats
    sizes: Floats
    colours: Colours


@dataclass(frozen=True, eq=False)
class PlacedLines:
    """(P, 3) points, Å, joined in (L, 2) pairs with (L, 3) colours."""

    points: Floats
    pairs: NDArray[np.int64]
    colours: Colours


class Spheres:
    """Spheres, each with its own radius and colour.

    Attributes
    ----------
    actor : vtkActor
        Add it to a renderer.
    """

    def __init__(self) -> None:
        self.actor = vtkActor()
        self._mapper = vtkOpenGLSphereMapper()
        self._mapper.SetScaleArray(_RADIUS)
        self.actor.SetMapper(self._mapper)
        self.actor.VisibilityOff()
        shine(self.actor)

    def update(self, centres: Floats, radii: Floats, colours: Colours) -> None:
        """Show (M, 3) centres with (M,) radii and (M, 3) colours; M may be 0."""
        data = _point_cloud(centres, colours)
        _add_array(data, _RADIUS, radii)
        self._mapper.SetInputData(data)
        self.actor.SetVisibility(len(centres) > 0)

    def placed(self) -> PlacedSpheres:
        """What is shown."""
        data = self._mapper.GetInput()
        return PlacedSpheres(_points_of(data), _array_of(data, _RADIUS), _colours_of(data.GetPointData()))

    def recolour(self, colours: Colours) -> None:
        """Give the spheres other (M, 3) colours."""
        data = self._mapper.GetInput()
        data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(colours), deep=True))
        data.Modified()


class Rings:
    """Flat-coloured rings around spheres that always face the viewer: the mark of a selected atom."""

    # The rim of a sphere is where its normal has turned away from the viewer; the rest of it is left out.
    _RIM = 0.5
    INNER = float(np.sqrt(1.0 - _RIM**2))

    def __init__(self) -> None:
        self._spheres = Spheres()
        self.actor = self._spheres.actor
        flat(self.actor)
        self.actor.GetShaderProperty().AddFragmentShaderReplacement(
            "//VTK::Light::Impl",
            True,
            f"//VTK::Light::Impl\n  if (normalVCVSOutput.z > {self._RIM}) discard;\n",
            False,
        )

    def update(self, centres: Floats, inner_radii: Floats, colour: tuple[int, int, int]) -> None:
        """Show rings whose inner edge is ``inner_radii`` (M,) Å from the (M, 3) centres."""
        self._spheres.update(
            centres, inner_radii / self.INNER, np.tile(np.array(colour, dtype=np.uint8), (len(centres), 1))
        )


class Sticks:
    """Cylinders of one radius between pairs of points."""

    def __init__(self) -> None:
        self.actor = vtkActor()
        self._mapper = vtkOpenGLStickMapper()
        self._mapper.SetOrientationArray(_AXIS)
        self._mapper.SetScaleArray(_SIZE)
        self.actor.SetMapper(self._mapper)
        self.actor.VisibilityOff()
        shine(self.actor)

    def update(self, starts: Floats, ends: Floats, radius: float, colours: Colours) -> None:
        """Show K cylinders from (K, 3) starts to (K, 3) ends with (K, 3) colours; K may be 0."""
        axis = ends - starts
        length = np.linalg.norm(axis, axis=1)
        data = _point_cloud((starts + ends) / 2.0, colours)
        _add_array(data, _AXIS, axis / np.maximum(length, 1e-12)[:, None])
        _add_array(
            data, _SIZE, np.column_stack([length, np.full_like(length, radius), np.full_like(length, radius)])
        )
        self._mapper.SetInputData(data)
        self.actor.SetVisibility(len(starts) > 0)

    def placed(self) -> PlacedSticks:
        """What is shown."""
        data = self._mapper.GetInput()
        sizes = _array_of(data, _SIZE)[:, [1, 2, 0]]
        return PlacedSticks(_points_of(data), _array_of(data, _AXIS), sizes, _colours_of(data.GetPointData()))


class Lines:
    """Straight lines of a width in pixels, without shading."""

    def __init__(self) -> None:
        self.actor = vtkActor()
        self._mapper = vtkPolyDataMapper()
        self.actor.SetMapper(self._mapper)
        flat(self.actor)
        self.actor.VisibilityOff()

    def update(self, points: Floats, pairs: NDArray[np.int64], colours: Colours) -> None:
        """Show lines between (L, 2) ``pairs`` of (P, 3) points with (L, 3) colours."""
        data = vtkPolyData()
        data.SetPoints(_points(points))
        data.SetLines(_cells(pairs))
        data.GetCellData().SetScalars(numpy_to_vtk(np.ascontiguousarray(colours, dtype=np.uint8), deep=True))
        self._mapper.SetInputData(data)
        self.actor.SetVisibility(len(pairs) > 0)

    def placed(self) -> PlacedLines:
        """What is shown."""
        data = self._mapper.GetInput()
        pairs = vtk_to_numpy(data.GetLines().GetConnectivityArray()).reshape(-1, 2)
        return PlacedLines(_points_of(data), pairs.astype(np.int64), _colours_of(data.GetCellData()))

    def set_width(self, pixels: float) -> None:
        """Line width in pixels of the picture."""
        self.actor.GetProperty().SetLineWidth(pixels)


class Triangles:
    """A coloured mesh; shaded by its normals where it has them."""

    def __init__(self, lit: bool = True) -> None:
        self.actor = vtkActor()
        self._mapper = vtkPolyDataMapper()
        self.actor.SetMapper(self._mapper)
        self.actor.VisibilityOff()
        (shine if lit else flat)(self.actor)

    def update(
        self, points: Floats, triangles: NDArray[np.int64], colours: Colours, normals: Floats | None = None
    ) -> None:
        """Show (T, 3) triangles of (P, 3) points with (P, 3 or 4) colours and (P, 3) normals."""
        data = vtkPolyData()
        data.SetPoints(_points(points))
        data.SetPolys(_cells(triangles))
        data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(colours, dtype=np.uint8), deep=True))
        if normals is not None:
            data.GetPointData().SetNormals(
                numpy_to_vtk(np.ascontiguousarray(normals, dtype=np.float32), deep=True)
            )
        self._mapper.SetInputData(data)
        self.actor.SetVisibility(len(triangles) > 0)

    def placed(self) -> Mesh:
        """What is shown; a mesh without normals gets zeros."""
        data = self._mapper.GetInput()
        points = _points_of(data)
        normals = data.GetPointData().GetNormals()
        directions = np.zeros_like(points) if normals is None else vtk_to_numpy(normals).astype(np.float64)
        triangles = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
        return Mesh(points, directions, triangles, _colours_of(data.GetPointData()))


def shine(actor: vtkActor) -> None:
    """The surface of atoms and bonds: matt with a small highlight, so that colours stay readable."""
    surface = actor.GetProperty()
    # A face turned to the viewer gets 0.40 + 0.76 x 0.78 = 1: the middle of an atom has exactly its colour.
    surface.SetAmbient(0.40)
    surface.SetDiffuse(0.765)
    surface.SetSpecular(0.30)
    surface.SetSpecularPower(40.0)


def flat(actor: vtkActor) -> None:
    """The look of things that are no bodies: exactly their colour, without light."""
    surface = actor.GetProperty()
    surface.LightingOff()
    surface.SetAmbient(0.0)
    surface.SetDiffuse(1.0)


def _point_cloud(points: Floats, colours: Colours) -> vtkPolyData:
    data = vtkPolyData()
    data.SetPoints(_points(points))
    # Without a vertex cell a point has no bounds in VTK 9.4 and later, and nothing is drawn.
    data.SetVerts(_cells(np.arange(len(points), dtype=np.int64)[:, None]))
    data.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(colours, dtype=np.uint8), deep=True))
    return data


def _points_of(data: vtkPolyData) -> Floats:
    return np.asarray(vtk_to_numpy(data.GetPoints().GetData()), dtype=np.float64).reshape(-1, 3)


def _array_of(data: vtkPolyData, name: str) -> Floats:
    return np.asarray(vtk_to_numpy(data.GetPointData().GetArray(name)), dtype=np.float64)


def _colours_of(attributes: vtkDataSetAttributes) -> Colours:
    return np.array(vtk_to_numpy(attributes.GetScalars()), dtype=np.uint8)


def _points(points: Floats) -> vtkPoints:
    result = vtkPoints()
    result.SetData(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float32).reshape(-1, 3), deep=True))
    return result


def _cells(cells: NDArray[np.int64]) -> vtkCellArray:
    """Cells of equal size from a (C, k) array."""
    array = vtkCellArray()
    array.SetData(cells.shape[1], numpy_to_vtkIdTypeArray(np.ascontiguousarray(cells).ravel(), deep=True))
    return array


def _add_array(data: vtkPolyData, name: str, values: Floats) -> None:
    array = numpy_to_vtk(np.ascontiguousarray(values, dtype=np.float32), deep=True)
    array.SetName(name)
    data.GetPointData().AddArray(array)
