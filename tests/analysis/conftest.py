"""Three groups of vectors, and a cache of maps that belongs to one test."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("negnn_gui.locations.user_cache_dir", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def vectors() -> np.ndarray:
    rng = np.random.default_rng(4)
    return np.concatenate([c + 0.3 * rng.normal(size=(40, 16)) for c in 5 * np.eye(3, 16)]).astype(np.float32)
