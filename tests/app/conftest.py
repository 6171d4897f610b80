"""Fixtures of the window's tests: settings of their own, a tiny model, and nothing left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from minimal_cif import minimal_cif

if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QThread
from PySide6.QtGui import QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from shiboken6 import isValid

from negnn_gui.app.controller import Controller
from negnn_gui.app.file_jobs import FileWorker
from negnn_gui.app.jobs import PredictionWorker
from negnn_gui.app.main_window import MainWindow
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.session import Session
from negnn_gui.app.theme import Theme
from negnn_gui.app.workbench import Workbench

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from negnn_gui.inference.predictor import Predictor

# No test can type into a dialog of the desktop's own.
QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)

TINY_MODEL = "tiny-random"
NIO = minimal_cif((2.954, 2.954, 2.954), "Ni1 Ni 0 0 0", "O1 O 0.5 0.5 0.5", name="NiO", angles=(60, 60, 60))


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, logs and user models of a test lie in a folder of its own."""
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / f"xdg-{kind.lower()}"))


@pytest.fixture(autouse=True)
def own_appearance() -> Iterator[None]:
    """The window's palette, letters and style sheet end with the test that made it, and so does the clipboard."""
    yield
    application = QApplication.instance()
    if isinstance(application, QApplication):
        application.clipboard().clear()
        application.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont))
        application.setStyleSheet("")
        application.setPalette(QPalette())


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread, a top-level widget or a VTK window."""
    threads = set(threading.enumerate())
    gc.freeze()  # what exists already is no leak of this test, and need not be searched
    yield
    if QApplication.instance() is None:
        return
    _deliver_deferred_deletes()
    gc.collect()
    _deliver_deferred_deletes()
    left = [f"thread {t.name}" for t in set(threading.enumerate()) - threads if not t.daemon and t.is_alive()]
    left += [f"{type(w).__name__} {w.objectName()}" for w in QApplication.topLevelWidgets() if _is_leaked(w)]
    for thing in gc.get_objects():
        if issubclass(type(thing), QThread) and isValid(thing) and thing.isRunning():
            left.append(f"running {type(thing).__name__}")
        elif any(parent.__name__ == "vtkRenderWindow" for parent in type(thing).__mro__):
            left.append(f"VTK window {type(thing).__name__}")
    assert not left, f"left behind: {', '.join(left)}"


def _deliver_deferred_deletes() -> None:
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def _is_leaked(widget: QObject) -> bool:
    # Qt keeps the pop-up of a combo box and the tool tip label for later use.
    return type(widget).__name__ not in ("QTipLabel", "QComboBoxPrivateContainer")


@pytest.fixture
def nio(tmp_path: Path) -> Path:
    """A CIF of NiO with two sites."""
    path = tmp_path / "NiO.cif"
    path.write_text(NIO)
    return path


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home that holds an encoder and a moment model with random weights."""
    import torch

    from negnn_gui.graphs.spec import GraphSpec
    from negnn_gui.models.checkpoint import save_model
    from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig
    from negnn_gui.models.features import element_features
    from negnn_gui.models.negnn import DFT, MomentConfig, MomentModel

    home = tmp_path_factory.mktemp("data-home")
    folder = home / "negnn-gui" / "models"
    torch.manual_seed(0)
    spec = GraphSpec()
    encoder = CrystalGraphEncoder(EncoderConfig(), spec, torch.from_numpy(element_features().copy())).eval()
    config = {
        "id": f"{TINY_MODEL}-encoder",
        "kind": "encoder",
        "architecture": {"encoder": encoder.config.to_dict()},
        "graph_spec": spec.to_dict(),
    }
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    sha256 = save_model(folder / config["id"], config, weights, "# Random encoder")
    model = MomentModel(MomentConfig(), spec, encoder).eval()
    moment = {
        "id": TINY_MODEL,
        "kind": "moment",
        "architecture": model.config.to_dict(),
        "graph_spec": spec.to_dict(),
        "encoder": {"id": config["id"], "sha256": sha256},
        "heads": {DFT: {"elements": [8, 26, 28]}},
    }
    weights = {f"model.{name}": value for name, value in model.state_dict().items()}
    save_model(folder / TINY_MODEL, moment, weights, "# Random moment model\n\nFor tests.")
    return home


@pytest.fixture
def load_tiny(tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Predictor]:
    """Load the random model: what a ``PredictionWorker`` is given."""
    from negnn_gui.inference.predictor import Predictor

    monkeypatch.setenv("XDG_DATA_HOME", str(tiny_models))
    return lambda: Predictor.load(TINY_MODEL, device="cpu")


@pytest.fixture
def preferences(own_settings: None) -> Preferences:
    """Preferences in the test's own folder."""
    return Preferences()


@pytest.fixture
def make_controller(
    qtbot: QtBot, preferences: Preferences, load_tiny: Callable[[], Predictor]
) -> Iterator[Callable[..., Controller]]:
    """Make controllers with real workers that use the random model, or ``load`` instead."""
    made: list[Controller] = []

    def make(load: Callable[[], Predictor] | None = None) -> Controller:
        controller = Controller(Session(), preferences, PredictionWorker(load or load_tiny), FileWorker())
        made.append(controller)
        return controller

    yield make
    for controller in made:
        assert controller.shutdown(), "a worker did not stop"


@pytest.fixture
def make_bench(
    qtbot: QtBot, qapp: QApplication, make_controller: Callable[..., Controller], preferences: Preferences
) -> Callable[..., Workbench]:
    """Show windows and wait until they are furnished."""

    def make(load: Callable[[], Predictor] | None = None) -> Workbench:
        window = MainWindow(preferences, Theme(qapp))
        qtbot.addWidget(window)
        with qtbot.waitSignal(window.painted, timeout=60_000):
            window.show()
        bench = Workbench(window, make_controller(load))
        qtbot.waitSignal(bench.furnished, timeout=60_000).wait()
        return bench

    return make


@pytest.fixture
def wait_until_idle(qtbot: QtBot) -> Callable[[Controller], None]:
    """Wait until nothing is read, written or predicted any more."""
    return lambda controller: qtbot.waitUntil(lambda: not controller.busy, timeout=60_000)


@pytest.fixture
def answer_file_dialog(qtbot: QtBot) -> Callable[[Path], None]:
    """Wait for a file dialog, type a path into it and press Enter."""

    def answer(path: Path) -> None:
        qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), QFileDialog), timeout=10_000)
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QFileDialog)
        line = dialog.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(line, QLineEdit)
        qtbot.waitUntil(
            line.hasFocus, timeout=10_000
        )  # Enter means nothing to a dialog that is not active yet
        line.selectAll()
        qtbot.keyClicks(line, str(path))
        qtbot.keyClick(line, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not isValid(dialog) or not dialog.isVisible(), timeout=10_000)

    return answer


@pytest.fixture
def furnished(
    make_bench: Callable[..., Workbench],
    preferences: Preferences,
    nio: Path,
    wait_until_idle: Callable[[Controller], None],
    qtbot: QtBot,
) -> Callable[[int, int], Workbench]:
    """Opens a window of a size with NiO in it, predicted, and a structure with a shared site that was left out."""

    def open_window(width: int, height: int) -> Workbench:
        preferences.disorder = "skip"
        bench = make_bench()
        bench.window.resize(width, height)
        shared = nio.with_name("shared.cif")
        shared.write_text(
            minimal_cif(
                (3, 3, 3), "Fe1 Fe 0 0 0 0.5", "Ni1 Ni 0 0 0 0.5", "O1 O 0.5 0.5 0.5 1", name="shared"
            )
        )
        bench.controller.open_paths([shared, nio])
        wait_until_idle(bench.controller)
        qtbot.waitUntil(lambda: bench.views.settled, timeout=60_000)
        QApplication.processEvents()
        return bench

    return open_window
