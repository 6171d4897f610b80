"""Models for tests that need some, whatever ships with the program."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

RANDOM_MODEL = "random"


@pytest.fixture(scope="session")
def random_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home (``XDG_DATA_HOME``) with the moment model "random" and its encoder: real ones, but untrained."""
    import torch

    from negnn_gui.graphs.spec import GraphSpec
    from negnn_gui.models.checkpoint import save_model
    from negnn_gui.models.encoder import CrystalGraphEncoder, EncoderConfig
    from negnn_gui.models.features import element_features
    from negnn_gui.models.negnn import DFT, MomentConfig, MomentModel

    home = tmp_path_factory.mktemp("random-models")
    folder = home / "negnn-gui" / "models"
    spec = GraphSpec()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        encoder = CrystalGraphEncoder(
            EncoderConfig(), spec, torch.from_numpy(element_features().copy())
        ).eval()
        model = MomentModel(MomentConfig(), spec, encoder).eval()
    encoder_config = {
        "id": f"{RANDOM_MODEL}-encoder",
        "kind": "encoder",
        "architecture": {"encoder": encoder.config.to_dict()},
        "graph_spec": spec.to_dict(),
    }
    weights = {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
    sha256 = save_model(folder / encoder_config["id"], encoder_config, weights, "# Untrained encoder")
    config = {
        "id": RANDOM_MODEL,
        "kind": "moment",
        "architecture": model.config.to_dict(),
        "graph_spec": spec.to_dict(),
        "encoder": {"id": encoder_config["id"], "sha256": sha256},
        "heads": {DFT: {"elements": [8, 24, 25, 26, 27, 28]}},
    }
    weights = {f"model.{name}": value for name, value in model.state_dict().items()}
    save_model(folder / RANDOM_MODEL, config, weights, "# Untrained moment model")
    return home


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own that is full, but for the file ``older.txt`` in it; ``filler`` can be deleted."""
    folder = tmp_path / "full-disk"
    folder.mkdir()
    mounted = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mounted, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        (folder / "older.txt").write_text("older")
        with contextlib.suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
