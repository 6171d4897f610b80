"""Models: which there are, their cards, which one predicts; import, check and remove them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QSplitter,
    QTextBrowser,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from negnn_gui.app import theme
from negnn_gui.app.file_dialogs import ask_for_folder
from negnn_gui.app.views.published_form import PublishedForm

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.models.registry import ModelInfo

_KINDS = {"encoder": "Encoder", "moment": "Moments", "property": "Property", "unknown": "Unusable"}
_ORIGINS = {"shipped": "program", "user": "yours"}
_ROLE = Qt.ItemDataRole.UserRole


class ModelsDialog(QDialog):
    """A list beside the card of the chosen model; slow work is done in the thread of the files.

    ``use_wanted`` comes when the preferences name another model to predict with.
    """

    use_wanted = Signal()

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._preferences = controller.preferences
        self._usual: set[str] = set()
        self.setWindowTitle("Models")
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Model", "For", "From", "State"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAlternatingRowColors(True)
        self.list.setAccessibleName("Models")
        self.list.setToolTip("Models that ship with the program, and your own")
        self.list.currentItemChanged.connect(lambda *_: self._show_card())
        self.card = QTextBrowser()
        self.card.setOpenExternalLinks(True)
        self.card.setAccessibleName("Model card")
        self.card.setToolTip("What the model was trained on, how well it does, and how to cite it")
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.facts.setAccessibleName("Identity of the model")
        self.facts.setToolTip("The sha256 stands in every result of this model")
        self.facts.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setAccessibleName("Message")
        self.use = self._button(
            "&Use for predictions", "Predict moments with this model from now on", self._use
        )
        self.check = self._button(
            "Check &files", "Compare the files of all models with their sha256", self._check
        )
        self.import_folder = self._button("&Import…", "Add a model's folder to your own", self._import_folder)
        self.import_published = self._button(
            "Import &published…", "Convert a checkpoint published with the paper", self._import_published
        )
        self.remove = self._button("&Remove…", "Delete one of your own models", self._remove)
        self._lay_out()
        self._say("")
        controller.models_changed.connect(self._on_models)
        self._refresh()

    def sizeHint(self) -> QSize:
        """Room for a card of eighty letters."""
        return QSize(150 * self.fontMetrics().averageCharWidth(), 38 * self.fontMetrics().height())

    def _lay_out(self) -> None:
        right = QWidget()
        beside = QVBoxLayout(right)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.card, 1)
        beside.addWidget(self.facts)
        split = QSplitter()
        split.addWidget(self.list)
        split.addWidget(right)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        letters = self.fontMetrics().averageCharWidth()
        split.setSizes([66 * letters, 84 * letters])
        line = QHBoxLayout()
        for button in (self.use, self.check, self.import_folder, self.import_published, self.remove):
            line.addWidget(button)
        line.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        close.button(QDialogButtonBox.StandardButton.Close).setToolTip("Every change here is made already")
        line.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(split, 1)
        layout.addWidget(self.message)
        layout.addLayout(line)

    def _button(self, text: str, tip: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button

    # --- the list -----------------------------------------------------------------------------------

    @property
    def chosen(self) -> ModelInfo | None:
        """The model whose card is shown."""
        item = self.list.currentItem()
        return None if item is None else item.data(0, _ROLE)

    def _refresh(self, then_choose: str = "") -> None:
        self._run(_list, lambda found: self._fill(found[0], found[1], then_choose))

    def _fill(self, infos: list[ModelInfo], usual: set[str], then_choose: str) -> None:
        self._usual = usual
        wanted = then_choose or (self.chosen.id if self.chosen else "") or self._in_use()
        self.list.clear()
        for info in infos:
            state = self._state(info)
            row = [info.id, _KINDS[info.kind], _ORIGINS[info.origin], state]
            item = QTreeWidgetItem(row)
            item.setData(0, _ROLE, info)
            if info.fault is not None:
                for column in range(len(row)):
                    item.setForeground(column, theme.warning_colour(self.palette()))
                item.setToolTip(3, info.fault)
            self.list.addTopLevelItem(item)
            if info.id == wanted:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None and (first := self.list.topLevelItem(0)) is not None:
            self.list.setCurrentItem(first)
        for column in range(4):
            self.list.resizeColumnToContents(column)

    def _state(self, info: ModelInfo) -> str:
        if info.fault is not None:
            return "cannot be used"
        models = self._controller.models
        if info.id == self._in_use():
            return "predicts"
        if models is not None and info.id == models.encoder_id:
            return "embeds"
        return "the usual one" if info.id in self._usual else ""

    def _in_use(self) -> str:
        models = self._controller.models
        return "" if models is None else models.model_id

    def _on_models(self) -> None:
        self._say(f"{self._in_use()} predicts from now on; what was open is predicted again.")
        self._refresh(self._in_use())

    def _show_card(self) -> None:
        info = self.chosen
        mine = info is not None and info.origin == "user"
        self.remove.setEnabled(mine)
        self.use.setEnabled(
            info is not None and info.kind == "moment" and info.fault is None and info.id != self._in_use()
        )
        if info is None:
            self.card.clear()
            self.facts.clear()
            return
        self.card.setMarkdown(f"{info.fault}\n" if info.fault is not None else info.card())
        encoder = info.config.get("encoder")
        facts = [f"sha256 {info.sha256 or 'unknown'}", str(info.folder)]
        if isinstance(encoder, dict) and "id" in encoder:
            facts.insert(0, f"on the embeddings of {encoder['id']}")
        self.facts.setText(" · ".join(facts))

    # --- what can be done ---------------------------------------------------------------------------

    def _use(self) -> None:
        if (info := self.chosen) is not None:
            self._preferences.model = "" if info.id in self._usual else info.id
            self._say(f"Loading {info.id}…")
            self.use_wanted.emit()

    def _check(self) -> None:
        self._say("Checking…")
        self._run(_verify, self._tell_faults)

    def _tell_faults(self, faults: dict[str, str]) -> None:
        if faults:
            self._say("; ".join(f"{name}: {reason}" for name, reason in faults.items()))
        else:
            self._say("The files of all models are whole.")
        self._refresh()

    def _import_folder(self) -> None:
        ask_for_folder(
            self,
            "Import a model's folder",
            self._preferences.folder,
            lambda folder: self._run(lambda: _install(folder), self._imported),
        )

    def _import_published(self) -> None:
        form = PublishedForm(self._preferences.folder, self)
        form.finished.connect(form.deleteLater)
        form.filled.connect(
            lambda file, table, name: self._run(lambda: _convert(file, table, name), self._imported)
        )
        form.open()

    def _imported(self, info: ModelInfo) -> None:
        self._say(f"{info.id} was added to your models.")
        self._refresh(info.id)

    def _remove(self) -> None:
        info = self.chosen
        if info is None:
            return
        question = QMessageBox(
            QMessageBox.Icon.Question,
            "Remove a model",
            f"Delete the model {info.id} and its folder? Results that it made stay as they are.",
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
            self,
        )
        question.setDefaultButton(QMessageBox.StandardButton.No)

        def answer(button: int) -> None:
            question.deleteLater()
            if button == QMessageBox.StandardButton.Yes.value:
                self._run(lambda: _delete(info.id), self._removed)

        question.finished.connect(answer)
        question.open()

    def _removed(self, model_id: str) -> None:
        if self._preferences.model == model_id:
            self._preferences.model = ""
        self._say(f"{model_id} was removed.")
        self._refresh()

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _run(self, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
        self._controller.run_errand(
            "Models", work, _while(self, done), _while(self, self._say), must_finish=True
        )


def _while(dialog: QWidget, act: Callable[[Any], object]) -> Callable[[Any], object]:
    """Do something only if the dialog has not been closed meanwhile."""
    from shiboken6 import isValid

    return lambda answer: act(answer) if isValid(dialog) else None


def _list() -> tuple[list[ModelInfo], set[str]]:
    from negnn_gui.models import registry

    usual = set()
    for kind in ("encoder", "moment"):
        try:
            usual.add(registry.default_id(kind))
        except registry.UnknownModelError:
            continue
    return registry.list_models(), usual


def _verify() -> dict[str, str]:
    from negnn_gui.models import registry
    from negnn_gui.models.checkpoint import ModelFileError

    faults = {}
    for info in registry.list_models():
        try:
            registry.verify(info)
        except ModelFileError as error:
            faults[info.id] = error.reason
    return faults


def _install(folder: Path) -> ModelInfo:
    from negnn_gui.models import registry

    return registry.install(folder)


def _convert(file: Path, table: Path, name: str) -> ModelInfo:
    from negnn_gui.app.loading import heavy_imports

    with heavy_imports():
        from negnn_gui.models.published import import_published
    return import_published(file, table, name)


def _delete(model_id: str) -> str:
    from negnn_gui.models import registry

    registry.remove(model_id)
    return model_id
