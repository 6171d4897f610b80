"""What every training run shares: the trainer, its checkpoints, its log, and how it is resumed."""

from __future__ import annotations

import importlib.util
import logging
import signal
import threading
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from negnn_gui.graphs.batch import GraphBatch
from negnn_gui.training.batching import AtomBudgetSampler
from negnn_gui.training.graph_store import GraphStore

log = logging.getLogger(__name__)
logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)

_CHECKPOINT = "last.ckpt"
_TENSORBOARD = ("tensorboard", "tensorboardX")
_EXPECTED_REMARKS = (
    r".*exists and is not empty",
    r".*does not have many workers",
    r".*isinstance\(treespec, LeafSpec\)",
    r".*The number of training batches",
    r".*GPU available but not used",
    r".*in eval mode at the start of training",
    r".*checkpoint that is mid-epoch|.*resuming from a checkpoint that ended before the epoch ended",
)


class GraphDataset(Dataset[Any]):
    """Batches of a store by their graph indices, with flat per-atom labels beside them."""

    def __init__(self, store: GraphStore, labels: dict[str, NDArray[np.float32]] | None = None) -> None:
        self.store = store
        self.labels = labels or {}

    def __getitem__(self, graphs: Any) -> tuple[GraphBatch, dict[str, torch.Tensor]]:
        atoms = self.store.atoms_of(graphs)
        labels = {name: torch.from_numpy(values[atoms]) for name, values in self.labels.items()}
        return self.store.batch(graphs), labels


def loader(dataset: GraphDataset, sampler: AtomBudgetSampler, workers: int = 0) -> DataLoader[Any]:
    """Batches in the sampler's order."""
    return DataLoader(
        dataset,
        sampler=sampler,
        batch_size=None,
        num_workers=workers,
        pin_memory=torch.cuda.is_available(),
        persistent_workers=workers > 0,
    )


def make_trainer(
    folder: Path,
    device: str,
    callbacks: Sequence[L.Callback],
    *,
    validate_every: int = 1,
    progress: bool = True,
) -> L.Trainer:
    """A Lightning trainer that writes ``folder/last.ckpt`` each minute and at the end or an interrupt.

    The losses go to ``folder/log`` as CSV and, where TensorBoard is installed, to ``folder/tensorboard`` too.
    """
    checkpoint = ModelCheckpoint(
        dirpath=folder,
        filename=_CHECKPOINT.removesuffix(".ckpt"),
        enable_version_counter=False,
        train_time_interval=_minute(),
        save_on_train_epoch_end=False,
    )
    accelerator, devices = _accelerator(device)
    bars: list[L.Callback] = [TQDMProgressBar(refresh_rate=20)] if progress else []
    return L.Trainer(
        default_root_dir=folder,
        accelerator=accelerator,
        devices=devices,
        precision="bf16-mixed" if accelerator == "cuda" else "32-true",
        callbacks=[*callbacks, checkpoint, *bars],
        logger=_loggers(folder),
        max_epochs=-1,
        check_val_every_n_epoch=validate_every,
        use_distributed_sampler=False,
        enable_progress_bar=progress,
        enable_model_summary=False,
        gradient_clip_val=1.0,
        num_sanity_val_steps=0,
        log_every_n_steps=20,
    )


def _loggers(folder: Path) -> list[Logger]:
    """CSV always; TensorBoard where the package is there."""
    loggers: list[Logger] = [CSVLogger(folder, name="log")]
    if any(importlib.util.find_spec(name) for name in _TENSORBOARD):
        loggers.append(TensorBoardLogger(folder, name="tensorboard"))
    return loggers


def fit(trainer: L.Trainer, module: L.LightningModule, train: Any, val: Any, checkpoint: Path | None) -> None:
    """Train; Lightning's remarks about what is meant here are left out.

    The checkpoint is our own, of this run, and holds the optimiser beside the weights: Lightning can only read it
    as a pickle. What is shipped or shared is written without one, see :mod:`negnn_gui.models.checkpoint`.

    Raises
    ------
    KeyboardInterrupt
        The user stopped the run; its checkpoint has been written.
    """
    on_interrupt = signal.getsignal(signal.SIGINT)
    with warnings.catch_warnings():
        for remark in _EXPECTED_REMARKS:
            warnings.filterwarnings("ignore", message=remark)
        try:
            trainer.fit(module, train, val, ckpt_path=checkpoint, weights_only=False)
        except SystemExit as stopped:
            if trainer.interrupted:  # Lightning ends the process where others would clean up
                raise KeyboardInterrupt from stopped
            raise
        finally:
            if trainer.global_step > 0:
                trainer.save_checkpoint(Path(trainer.default_root_dir) / _CHECKPOINT)
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, on_interrupt)  # Lightning had it ignored


def last_checkpoint(folder: Path, resume: bool) -> Path | None:
    """The checkpoint to go on from, or None for a new run."""
    path = folder / _CHECKPOINT
    if resume and path.is_file():
        return path
    if resume:
        log.info("nothing to resume in %s: starting", folder)
    return None


def _minute() -> Any:
    from datetime import timedelta

    return timedelta(minutes=1)


def _accelerator(device: str) -> tuple[str, Any]:
    if device == "auto":
        if torch.cuda.is_available():
            return "cuda", "auto"
        return "cpu", 1
    if device.startswith("cuda"):
        _, _, index = device.partition(":")
        return "cuda", [int(index)] if index else "auto"
    return device, 1
