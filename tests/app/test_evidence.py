"""Help > Evidence and Tools > Compare representations in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox

from negnn_gui import locations
from negnn_gui.app.workbench import Workbench

pytestmark = pytest.mark.gui


def test_the_menus_open_the_report_and_the_comparison(
    make_bench: Callable[..., Workbench], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bench = make_bench()
    menus = {action.text(): action.menu() for action in bench.window.menuBar().actions()}
    assert bench.evidence.compare in menus["&Tools"].actions()
    assert bench.evidence.report in menus["&Help"].actions()
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)
    monkeypatch.setattr(locations, "resources_dir", lambda: tmp_path)
    bench.evidence.report.trigger()
    assert not opened
    box = bench.window.findChild(QMessageBox)
    assert box is not None and "negnn reproduce" in box.text()
    box.accept()
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / "report.html").write_text("<html></html>", encoding="utf-8")
    bench.evidence.report.trigger()
    assert opened == [str(tmp_path / "evidence" / "report.html")]
    bench.evidence.compare.trigger()
    comparison = bench.evidence.comparison
    assert comparison is not None and comparison.isVisible()
    bench.evidence.compare.trigger()
    assert bench.evidence.comparison is comparison
