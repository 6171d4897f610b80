"""pyqtgraph plots in the colours and the font of the palette."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont, QPalette

from negnn_gui.app.scene import style

Role = QPalette.ColorRole


@dataclass(frozen=True)
class PlotColours:
    """What a plot takes from the palette; ``accent`` is the colour that selected atoms have in 3D."""

    background: QColor
    text: QColor
    faint: QColor
    line: QColor
    accent: QColor
    dark: bool


def plot_colours(palette: QPalette) -> PlotColours:
    """Colours for a plot beside widgets of this palette."""
    base, text = palette.color(Role.Base), palette.color(Role.Text)
    dark = text.lightness() > base.lightness()
    return PlotColours(
        background=base,
        text=text,
        faint=palette.color(Role.PlaceholderText),
        line=palette.color(Role.Mid),
        accent=QColor(*(style.DARK if dark else style.LIGHT).accent),
        dark=dark,
    )


def bare_plot(plot: pg.PlotWidget) -> None:
    """Take pyqtgraph's own menu and buttons away; the window has its own."""
    plot.setMenuEnabled(False)
    plot.hideButtons()
    # The menu is made all the same, without a parent: it would outlive the window.
    menu = plot.getPlotItem().ctrlMenu
    menu.setParent(plot, menu.windowFlags())


def style_plot(plot: pg.PlotWidget, colours: PlotColours, font: QFont) -> None:
    """Give background, axes and labels of a plot the colours and the font of its surroundings."""
    plot.setBackground(colours.background)
    for name in ("left", "bottom"):
        axis = plot.getAxis(name)
        axis.setPen(pg.mkPen(colours.line))
        axis.setTextPen(pg.mkPen(colours.text))
        axis.setTickFont(font)
        axis.label.setFont(font)
        axis.setStyle(tickLength=-4)
        axis.label.setDefaultTextColor(colours.text)
