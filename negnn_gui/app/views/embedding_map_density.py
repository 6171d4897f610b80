"""Very many points as a picture: how many lie in each pixel of the view."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from negnn_gui.app.views.embedding_map_points import FloatArray

_PIXELS_PER_BIN = 3
_FAINTEST = 60


def density_image(
    xy: FloatArray, view: QRectF, size: tuple[int, int], colours: NDArray[np.uint8], few: int
) -> NDArray[np.uint8] | None:
    """Picture of the density of (N, 2) places in (N, 3) colours within a view.

    Parameters
    ----------
    size : (int, int)
        Width and height of the view in pixels.
    few : int
        Up to so many points in view there is no picture: they can be drawn one by one.

    Returns
    -------
    (columns, rows, 4) uint8 or None
        Each place has the colour of its last point, as if that lay on top, and an opacity that grows with the
        logarithm of the count; empty places are transparent.
    """
    bins = [max(1, pixels // _PIXELS_PER_BIN) for pixels in size]
    column = np.floor((xy[:, 0] - view.left()) * (bins[0] / view.width()))
    row = np.floor((xy[:, 1] - view.top()) * (bins[1] / view.height()))
    seen = (column >= 0) & (column < bins[0]) & (row >= 0) & (row < bins[1])
    if int(np.count_nonzero(seen)) <= few:
        return None
    place = column[seen].astype(np.int64) * bins[1] + row[seen].astype(np.int64)
    counts = np.bincount(place, minlength=bins[0] * bins[1])
    strength = np.log1p(counts) / np.log1p(counts.max())
    image = np.zeros((bins[0] * bins[1], 4), dtype=np.uint8)
    image[place, :3] = colours[seen]
    image[:, 3] = np.where(counts > 0, _FAINTEST + (255 - _FAINTEST) * strength, 0)
    return image.reshape(*bins, 4)
