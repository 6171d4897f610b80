"""Pictures of an evaluation: parity, and error against the out-of-domain score. Colour-blind-safe, PNG and SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]

_BINS = 10
_SIZE = (4.8, 4.0)  # inches


def plot_parity(predicted: FloatArray, truth: FloatArray, title: str, stem: Path) -> list[Path]:
    """Predicted against known abs(m), μB, as counts of atoms; writes ``stem``.png and .svg."""
    figure, axes = _figure()
    top = float(np.ceil(max(predicted.max(), truth.max(), 1.0)))
    counts = axes.hexbin(truth, predicted, gridsize=60, bins="log", cmap="cividis", extent=(0, top, 0, top))
    axes.plot([0, top], [0, top], color="0.4", linewidth=1)
    axes.set(xlabel="known abs(m) (μB)", ylabel="predicted abs(m) (μB)", title=title, aspect="equal")
    figure.colorbar(counts, ax=axes, label="atoms")
    return _save(figure, stem)


def plot_error_against_domain(score: FloatArray, error: FloatArray, title: str, stem: Path) -> list[Path]:
    """Median and mean error, μB, in tenths of the out-of-domain score; writes ``stem``.png and .svg."""
    figure, axes = _figure()
    tenth = np.clip((score * _BINS).astype(int), 0, _BINS - 1)
    filled = [i for i in range(_BINS) if (tenth == i).any()]
    middle = [(i + 0.5) / _BINS for i in filled]
    axes.plot(middle, [error[tenth == i].mean() for i in filled], "o-", color="#0072b2", label="mean")
    axes.plot(middle, [np.median(error[tenth == i]) for i in filled], "s--", color="#d55e00", label="median")
    axes.set(xlabel="out-of-domain score", ylabel="error of abs(m) (μB)", title=title, xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return _save(figure, stem)


def _figure() -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure  # heavy: imported when a picture is asked for

    figure = Figure(figsize=_SIZE, layout="constrained")
    return figure, figure.add_subplot()


def _save(figure: Figure, stem: Path) -> list[Path]:
    stem.parent.mkdir(parents=True, exist_ok=True)
    written = [stem.with_suffix(suffix) for suffix in (".png", ".svg")]
    for path in written:
        figure.savefig(path, dpi=150)
    return written
