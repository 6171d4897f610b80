"""What every plot offers on a right click: its picture as PNG, SVG or PDF, and its data as CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from negnn_gui.app.dialogs import problem
from negnn_gui.app.file_dialogs import ask_where_to_save
from negnn_gui.app.jobs import sentence
from negnn_gui.app.views.plot_export import PICTURE_FILTER, save_picture
from negnn_gui.export.atomic import replacing


class PlotMenu(QObject):
    """The context menu of a plot, and what its entries do.

    Parameters
    ----------
    plot : QWidget
        What is drawn into pictures and clicked upon.
    name : str
        First part of the names proposed for files, such as "embedding-map".
    write_csv : callable
        Writes the data into a file; may raise OSError.
    anything : callable
        Whether there is anything to save.
    legend : QWidget, optional
        Drawn at the right of the plot while it is shown.
    """

    def __init__(
        self,
        plot: QWidget,
        name: str,
        write_csv: Callable[[Path], None],
        anything: Callable[[], bool],
        legend: QWidget | None = None,
        data_text: str = "Save data as CSV…",
    ) -> None:
        super().__init__(plot)
        self._plot, self._name, self._write_csv = plot, name, write_csv
        self._anything, self._legend = anything, legend
        self.menu = QMenu(plot)
        self.picture = self.menu.addAction("Save picture…")
        self.picture.setToolTip("PNG, SVG or PDF, as it is shown")
        self.data = self.menu.addAction(data_text)
        self.picture.triggered.connect(self.ask_picture)
        self.data.triggered.connect(self.ask_csv)
        self.menu.aboutToShow.connect(self._on_open)
        plot.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        plot.customContextMenuRequested.connect(self._on_menu)

    def button(self, parent: QWidget) -> QToolButton:
        """A button that opens the menu: a right click alone would hide it from the keyboard."""
        button = QToolButton(parent)
        button.setText("Export")
        button.setToolTip("Save the picture (PNG, SVG, PDF) or the data (CSV)")
        button.setAccessibleName("Export this plot")
        button.setAutoRaise(True)
        button.setMenu(self.menu)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return button

    def ask_picture(self) -> None:
        """Ask for a file and save the picture."""
        start = Path(f"{self._name}.png")
        ask_where_to_save(self._plot, "Save the picture", start, self._save_as, PICTURE_FILTER)

    def ask_csv(self) -> None:
        """Ask for a file and save the data."""
        start = Path(f"{self._name}.csv")
        ask_where_to_save(self._plot, "Save the data", start, self._save_as, "CSV (*.csv)")

    def _save_as(self, path: Path, _kind: str) -> None:
        self.save(path)

    def save(self, path: Path) -> bool:
        """Save the data (.csv) or the picture; a failure is told in a message, and False."""
        try:
            if path.suffix.lower() == ".csv":
                with replacing(path) as temporary:
                    self._write_csv(temporary)
            else:
                save_picture(path, self._plot, self._legend)
        except (OSError, ValueError) as error:
            reason = sentence(error) if isinstance(error, OSError) else str(error)
            problem(self._plot, f"{path.name} could not be saved: {reason}.").open()
            return False
        return True

    def _on_open(self) -> None:
        anything = self._anything()
        self.picture.setEnabled(anything)
        self.data.setEnabled(anything)

    def _on_menu(self, place: QPoint) -> None:
        self.menu.popup(self._plot.mapToGlobal(place))
