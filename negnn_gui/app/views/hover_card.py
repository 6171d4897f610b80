"""A small card beside the pointer that says what an atom is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from negnn_gui.analysis.atlas import AtlasSites
from negnn_gui.app.views.site_text import (
    DOUBT,
    interval_text,
    is_far,
    is_wide,
    moment_text,
    number_text,
    shortened,
)
from negnn_gui.results import Analysis, MomentPrediction
from negnn_gui.structures.entry import StructureEntry

_GAP = 14
_MAX_WIDTH = 330

Line = tuple[str, str]


def site_lines(entry: StructureEntry, analysis: Analysis | None, site: int) -> tuple[str, list[Line]]:
    """Title and lines (what, value) of a site of an open structure."""
    element, label = entry.elements[site], entry.site_labels[site]
    title = f"{label} ({element})" if label != element else element
    name = entry.name if entry.name == entry.formula else f"{entry.name} ({entry.formula})"
    lines: list[Line] = [("in", shortened(name))]
    if analysis is not None:
        lines.append(("abs(m) DFT", _moment_line(analysis.moment, site)))
        lines += _second_state_lines(analysis.moment, site)
        lines.append(("abs(m) exp.", _moment_line(analysis.moment_exp, site)))
    if entry.moment_input is not None and math.isfinite(entry.moment_input[site]):
        lines.append(("in the file", f"{number_text(float(entry.moment_input[site]))} μB"))
    if analysis is not None:
        lines += _similarity_lines(analysis, site)
        if analysis.model is not None:
            lines.append(("by", f"{analysis.model.id} on {analysis.encoder.id}"))
    return title, lines


def known_lines(sites: AtlasSites, row: int) -> tuple[str, list[Line]]:
    """Title and lines (what, value) of a site of the atlas."""
    title = f"{sites.element[row]} in {sites.formula[row]}"
    lines: list[Line] = []
    if sites.motif[row]:
        lines.append(("motif", str(sites.motif[row])))
    for what, moments in (("DFT", sites.moment_dft), ("experiment", sites.moment_exp)):
        if math.isfinite(moments[row]):
            lines.append((what, f"{moments[row]:.2f} μB"))
    if sites.source_id[row]:
        lines.append(("source", str(sites.source_id[row])))
    return title, [("", "known site of the atlas"), *lines]


def _moment_line(moment: MomentPrediction, site: int) -> str:
    median, lo, hi = (float(values[site]) for values in (moment.median, moment.lo, moment.hi))
    text = moment_text(median, float(moment.alt[site]))
    if not math.isfinite(median):
        return text
    interval = interval_text(lo, hi)
    mark = f", {DOUBT} wide" if is_wide(median, lo, hi) else ""
    return f"{text} μB" + (f" ({interval}{mark})" if interval else "")


def _second_state_lines(moment: MomentPrediction, site: int) -> list[Line]:
    if not math.isfinite(moment.alt[site]):
        return []
    return [("second state", f"{moment.alt[site]:.2f} μB, weight {100 * moment.alt_weight[site]:.0f} %")]


def _similarity_lines(analysis: Analysis, site: int) -> list[Line]:
    lines: list[Line] = []
    score = float(analysis.ood_score[site])
    if math.isfinite(score):
        lines.append(
            (
                "out of domain",
                f"{score:.2f}" + (f", {DOUBT} unlike the training data" if is_far(score) else ""),
            )
        )
    nearest = analysis.nearest
    if nearest.element[site]:
        moment = float(nearest.moment[site])
        known = f", {moment:.2f} μB" if math.isfinite(moment) else ""
        lines.append(("most like", f"{nearest.element[site]} in {nearest.formula[site]}{known}"))
    return lines


class HoverCard(QFrame):
    """Frame with a title and lines, kept inside its parent and never in the way of the mouse.

    Where it is larger than the parent, it lies on the window.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.ToolTipBase)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setForegroundRole(QPalette.ColorRole.ToolTipText)
        self._text.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(9, 7, 9, 7)
        layout.addWidget(self._text)
        self.hide()

    def text(self) -> str:
        """What the card says (rich text)."""
        return self._text.text()

    def show_at(self, anchor: QPoint, title: str, lines: Sequence[Line]) -> None:
        """Show beside ``anchor``, a point of the parent."""
        rows = "".join(
            f"<tr><td style='white-space:nowrap'>{escape(what)}&nbsp;&nbsp;</td><td>{escape(value)}</td></tr>"
            if what
            else f"<tr><td colspan='2'>{escape(value)}</td></tr>"
            for what, value in lines
        )
        self._text.setText(f"<b>{escape(title)}</b><table cellspacing='0' cellpadding='1'>{rows}</table>")
        self._text.setWordWrap(False)
        if self._text.sizeHint().width() > _MAX_WIDTH:
            self._text.setWordWrap(True)
            self._text.setFixedWidth(_MAX_WIDTH)
        else:
            self._text.setFixedWidth(self._text.sizeHint().width())
        self.adjustSize()
        host = self._host()
        if self.parentWidget() is not host:
            self.setParent(host)
        self.move(self._inside(host, self._parent.mapTo(host, anchor)))
        self.show()
        self.raise_()

    def _host(self) -> QWidget:
        """The parent, or its window where the parent is too small."""
        room = self._parent.size()
        fits = self.width() <= room.width() and self.height() <= room.height()
        return self._parent if fits else self._parent.window()

    def _inside(self, host: QWidget, anchor: QPoint) -> QPoint:
        """Right of and below the anchor, flipped to the other side where there is no room."""
        room = host.size()
        x, y = anchor.x() + _GAP, anchor.y() + _GAP
        if x + self.width() > room.width():
            x = anchor.x() - _GAP - self.width()
        if y + self.height() > room.height():
            y = anchor.y() - _GAP - self.height()
        return QPoint(max(0, x), max(0, y))
