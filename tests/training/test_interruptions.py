"""What an interrupted run loses, and where its losses are written."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import torch

from negnn_gui.training import runs
from negnn_gui.training.pretrain import PredictivePretraining, PretrainConfig
from negnn_gui.training.pretrain_run import RunOptions, run_pretraining


def steps(n: int, **more: object) -> RunOptions:
    return RunOptions(None, max_steps=n, batch_atoms=200, progress=False, device="cpu", **more)  # type: ignore[arg-type]


def test_checkpoints_are_a_minute_apart() -> None:
    assert runs._minute() == timedelta(minutes=1)


@pytest.mark.parametrize("how", [KeyboardInterrupt, MemoryError])
def test_a_run_that_is_stopped_goes_on_from_its_last_checkpoint(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: type[BaseException]
) -> None:
    torch.set_num_threads(1)
    at: list[int] = []

    def stop(self: Any, *batch: Any) -> None:
        at.append(self.trainer.global_step)
        if len(at) == 4:
            raise how

    with monkeypatch.context() as patch:
        patch.setattr(PredictivePretraining, "on_train_batch_end", stop)
        with pytest.raises(how):
            run_pretraining(tables, tmp_path / "run", PretrainConfig(), steps(30))
    # a pickle of our own, written a moment ago
    kept = torch.load(tmp_path / "run" / "last.ckpt", map_location="cpu", weights_only=False)
    assert kept["global_step"] == at[-1] == 4
    more = run_pretraining(tables, tmp_path / "run", PretrainConfig(), steps(6, resume=True))
    assert more.steps == 6


def test_a_run_that_is_killed_loses_what_came_after_the_last_interval(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill leaves no time to write: what lies on the disk by then is what the interval has put there."""
    torch.set_num_threads(1)
    monkeypatch.setattr(runs, "_minute", lambda: timedelta(microseconds=1))
    found: list[tuple[int, int]] = []

    def look(self: Any, *batch: Any) -> None:
        path = tmp_path / "run" / "last.ckpt"
        if path.is_file():
            kept = torch.load(path, map_location="cpu", weights_only=False)
            found.append((self.trainer.global_step, kept["global_step"]))

    monkeypatch.setattr(PredictivePretraining, "on_train_batch_end", look)
    run_pretraining(tables, tmp_path / "run", PretrainConfig(), steps(4))
    assert found and all(now - kept <= 1 for now, kept in found)


def test_losses_go_to_tensorboard_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Path, str]] = []
    monkeypatch.setattr(runs, "TensorBoardLogger", lambda folder, name: made.append((folder, name)))
    monkeypatch.setattr(runs.importlib.util, "find_spec", lambda name: None)
    assert len(runs._loggers(tmp_path)) == 1 and not made
    monkeypatch.setattr(runs.importlib.util, "find_spec", lambda name: name == "tensorboard" or None)
    assert len(runs._loggers(tmp_path)) == 2 and made == [(tmp_path, "tensorboard")]
