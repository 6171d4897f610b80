"""Fitted maps in the user's cache: the same vectors and parameters are never fitted twice."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui import locations
from negnn_gui.results import FloatArray

log = logging.getLogger(__name__)

FEWEST = 4
"""Vectors that a map needs at least."""


def checked(
    vectors: NDArray[np.generic], start: NDArray[np.generic], kind: str
) -> tuple[NDArray[np.float32], FloatArray]:
    """(N, D) vectors and (N, 2) places to start from, as a fit takes them.

    Raises
    ------
    ValueError
        Fewer than four vectors, not finite, or another number of places.
    """
    points = np.ascontiguousarray(vectors, dtype=np.float32)
    begin = np.ascontiguousarray(start, dtype=np.float64)
    if points.ndim != 2 or len(points) < FEWEST or begin.shape != (len(points), 2):
        raise ValueError(
            f"{kind} needs at least four vectors with a start each, not {points.shape}, {begin.shape}"
        )
    if not (np.isfinite(points).all() and np.isfinite(begin).all()):
        raise ValueError(f"{kind} needs finite vectors")
    return points, begin


def kept_places(
    recipe: str, points: NDArray[np.float32], begin: FloatArray, fit: Callable[[], FloatArray | None]
) -> FloatArray | None:
    """Places of an earlier fit, else those of ``fit``, which are kept.

    Parameters
    ----------
    recipe : str
        Kind of map and its parameters: what, beside vectors and start, decides the places.
    fit : callable
        Returns (N, 2) places, or None where it was cancelled.
    """
    content = hashlib.sha256(f"{recipe}:{points.shape}".encode())
    content.update(points.tobytes())
    content.update(begin.astype(np.float32).tobytes())
    kind = recipe.partition("-")[0]
    path = locations.user_cache_dir() / "maps" / f"{kind}-{content.hexdigest()[:32]}.npy"
    places = _read(path, len(points))
    if places is None:
        places = fit()
        if places is not None:
            _keep(path, places)
    return places


def _read(path: Path, n: int) -> FloatArray | None:
    try:
        places = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return (
        np.asarray(places, dtype=np.float64) if places.shape == (n, 2) and np.isfinite(places).all() else None
    )


def _keep(path: Path, places: FloatArray) -> None:
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as stream:
            np.save(stream, places, allow_pickle=False)
        part.replace(path)
    except OSError as error:
        log.warning("the fitted map could not be kept in %s: %s", path.parent, error.strerror)
