"""Help > Evidence and Tools > Compare representations: what they open, and what closes with the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QMenu

from negnn_gui import locations

if TYPE_CHECKING:
    from negnn_gui.app.views.compare_representations import CompareRepresentations
    from negnn_gui.app.workbench import Workbench


class Evidence(QObject):
    """The two actions; the comparison is made when it is first asked for and keeps what it found."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._comparison: CompareRepresentations | None = None
        self.report = QAction("&Evidence", self)
        self.report.setToolTip(
            "Which of the paper's claims hold, measured with this program (in the browser)"
        )
        self.report.triggered.connect(self.show_report)
        self.compare = QAction("&Compare representations…", self)
        self.compare.setToolTip(
            "Which representation predicts your own labels best (a CSV of sites or structures)"
        )
        self.compare.triggered.connect(self.show_comparison)

    def tools_menu(self, parent: QMenu) -> None:
        """Fill a Tools menu."""
        parent.addAction(self.compare)

    def show_report(self) -> None:
        """Open the report that ships with the program in the browser."""
        path = locations.resources_dir() / "evidence" / "report.html"
        if not path.is_file():
            self._bench.show_problem(
                "This installation holds no evidence report; “negnn reproduce” makes one from the training data."
            )
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._bench.show_problem(f"No browser could be started; the report is {path}")

    def show_comparison(self) -> None:
        """Show the window that compares representations on the user's labels."""
        if self._comparison is None:
            from negnn_gui.app.views.compare_representations import CompareRepresentations

            self._comparison = CompareRepresentations(self._bench.session, self._bench.window)
            self._comparison.said.connect(self._bench.status.say)
        self._comparison.show()
        self._comparison.raise_()
        self._comparison.activateWindow()

    @property
    def comparison(self) -> CompareRepresentations | None:
        """The window, if it was ever asked for."""
        return self._comparison

    def shutdown(self) -> bool:
        """End what runs; False where it did not stop in time."""
        return self._comparison is None or self._comparison.shutdown()
