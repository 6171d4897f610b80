"""A training budget in steps or hours, and the learning rate that fits it.

The rate warms up and then falls along a half cosine to zero as the budget is used, whichever of the two limits is
nearer. The time used is kept in the checkpoint, so a resumed run ends where an unbroken one would have.
"""

from __future__ import annotations

import math
import time
from typing import Any

import lightning as L
import torch

_WARM_UP = 0.02


def parse_duration(text: str) -> float:
    """Seconds of "HH:MM:SS", "MM:SS" or a plain number of seconds.

    Raises
    ------
    ValueError
        Anything else.
    """
    parts = text.split(":")
    if not 1 <= len(parts) <= 3 or not all(part.strip().isdigit() for part in parts):
        raise ValueError(f"a duration is written HH:MM:SS, not {text!r}")
    seconds = 0
    for part in parts:
        seconds = 60 * seconds + int(part)
    if seconds == 0:
        raise ValueError("a duration must be longer than zero")
    return float(seconds)


class Budget(L.Callback):
    """Sets the learning rate from the share of the budget that is used, and stops when it is used up."""

    def __init__(self, max_seconds: float | None, max_steps: int | None, peak_rate: float) -> None:
        if max_seconds is None and max_steps is None:
            raise ValueError("a training run needs a limit: hours or steps")
        self.max_seconds = max_seconds
        self.max_steps = max_steps
        self.peak_rate = peak_rate
        self._before = 0.0
        self._began: float | None = None

    @property
    def seconds(self) -> float:
        """Time used so far, earlier parts of a resumed run included."""
        return self._before + (0.0 if self._began is None else time.monotonic() - self._began)

    def used(self, step: int) -> float:
        """Share of the budget used after ``step`` steps, 0 to 1."""
        shares = [0.0]
        if self.max_seconds is not None:
            shares.append(self.seconds / self.max_seconds)
        if self.max_steps is not None:
            shares.append(step / self.max_steps)
        return min(max(shares), 1.0)

    def rate(self, used: float) -> float:
        """Learning rate when the share ``used`` of the budget is gone."""
        warm = min(used / _WARM_UP, 1.0)
        return self.peak_rate * max(warm, 0.01) * 0.5 * (1 + math.cos(math.pi * used))

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        """Start the clock."""
        self._began = time.monotonic()

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Set the rate for this step."""
        rate = self.rate(self.used(trainer.global_step))
        for optimiser in trainer.optimizers:
            for group in optimiser.param_groups:
                group["lr"] = rate * group.get("rate_scale", 1.0)

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Stop when the budget is used up; all processes together."""
        done = self.used(trainer.global_step) >= 1.0
        if trainer.world_size > 1:
            done = bool(trainer.strategy.reduce_boolean_decision(torch.tensor(done), all=False))
        if done:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """Time used, for the checkpoint."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on counting."""
        self._before = float(state_dict["seconds"])
