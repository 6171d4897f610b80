"""What panels share that compare the selected sites with the known ones of an atlas."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QStackedLayout, QWidget

from negnn_gui.analysis.atlas import Atlas
from negnn_gui.app.views.like_this_query import Query, queries
from negnn_gui.results import Analysis, SiteRef
from negnn_gui.structures.entry import StructureEntry

_REFRESH_MS = 60
_NO_ATLAS = "No atlas is loaded:\nthere are no known atoms to compare with."
_NOT_PREDICTED = "The selected atoms have not been predicted yet."


class KnownSitesPanel(QWidget):
    """Atlas and selection in, what was found out, or one sentence saying why there is nothing.

    ``show_on_map`` carries rows of the atlas, (k,) int. Changes that come together are answered by one search.

    Attributes
    ----------
    NOTHING, FOREIGN : str
        What is said where nothing is selected, and where the atlas is another encoder's.
    THESE : str
        The sites compared, as the beginning of a sentence.
    found : object or None
        What :meth:`compare` gave last.
    """

    show_on_map = Signal(object)

    NOTHING: ClassVar[str]
    FOREIGN: ClassVar[str]
    THESE: ClassVar[str]

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._atlas: Atlas | None = None
        self._asked: list[Query] = []
        self._selection: frozenset[SiteRef] = frozenset()
        self.found: Any = None
        self._stale = False
        self.message = QLabel(self)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setMargin(12)
        page = self.build()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(_scrolling(self.message))
        self._stack.addWidget(page)
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self._search)
        self._search()

    @abstractmethod
    def build(self) -> QWidget:
        """Make the page that shows what was found."""

    @abstractmethod
    def compare(self, atlas: Atlas) -> object:
        """Compare the sites asked about; ValueError where they cannot be compared."""

    @abstractmethod
    def show_found(self, atlas: Atlas) -> None:
        """Show it."""

    def compared(self) -> list[Query]:
        """The sites that must have been analysed with the atlas's encoder."""
        return self._asked

    def set_atlas(self, atlas: Atlas | None) -> None:
        """Compare with another atlas, or none."""
        self._atlas = atlas
        self.search_soon()

    def set_query(
        self,
        entries: Mapping[str, StructureEntry],
        analyses: Mapping[str, Analysis],
        selection: frozenset[SiteRef],
    ) -> None:
        """Look at the selected sites."""
        self._selection = selection
        self._asked = queries(entries, analyses, selection)
        self.search_soon()

    def search_soon(self) -> None:
        """Search once the changes that come now have come."""
        if not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up: nothing is looked up for a panel that nobody looks at."""
        super().showEvent(event)
        if self._stale:
            self.search_soon()

    def _search(self) -> None:
        self._stale = is_behind(self)
        if self._stale:
            return
        self.found = None
        problem, atlas = self._problem(), self._atlas
        if not problem and atlas is not None:
            try:
                self.found = self.compare(atlas)
            except ValueError as error:
                problem = f"{self.THESE} cannot be compared: {error}."
        self.message.setText(problem)
        self._stack.setCurrentIndex(0 if problem else 1)
        if self.found is not None and atlas is not None:
            self.show_found(atlas)

    def _problem(self) -> str:
        if self._atlas is None:
            return _NO_ATLAS
        if not self._selection:
            return self.NOTHING
        if not self._asked:
            return _NOT_PREDICTED
        wanted = self._atlas.encoder.sha256
        if any(query.analysis.encoder.sha256 != wanted for query in self.compared()):
            return self.FOREIGN
        return ""


def is_behind(panel: QWidget) -> bool:
    """Whether a panel is hidden in a window that is on show: it lies behind another tab, or its dock is closed."""
    return not panel.isVisible() and panel.window().isVisible()


def _scrolling(message: QLabel) -> QScrollArea:
    """Large letters in a small dock: the sentence scrolls rather than being cut off."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setAccessibleName("Message")
    area.setWidget(message)
    return area
