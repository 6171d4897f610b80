"""Older model formats brought up to date: one step of pure functions for each change of the format.

A step takes format n to n + 1. It gets and returns plain mappings, never files, so that old folders, and with
them their identity (sha256), stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

FORMAT_VERSION = 1

Config = dict[str, Any]
Weights = dict[str, "Tensor"]


def _same_weights(config: Config, weights: Weights) -> Weights:
    return weights


@dataclass(frozen=True)
class UpgradeStep:
    """What one change of the format did to a model.

    Attributes
    ----------
    config : callable
        Old configuration -> new one, ``format_version`` apart.
    weights : callable
        (old configuration, old weights) -> new weights.
    """

    config: Callable[[Config], Config]
    weights: Callable[[Config, Weights], Weights] = _same_weights


# Format n -> the step to n + 1. Format 1 is the first.
STEPS: Mapping[int, UpgradeStep] = {}


def upgrade_config(config: Config, steps: Mapping[int, UpgradeStep], target: int) -> Config:
    """Bring a configuration to format ``target``; the one given is not changed.

    Raises
    ------
    KeyError
        No step leads on from the format that was reached.
    """
    while config["format_version"] < target:
        version = config["format_version"]
        config = {**steps[version].config(dict(config)), "format_version": version + 1}
    return config


def upgrade_weights(
    config: Config, weights: Weights, steps: Mapping[int, UpgradeStep], target: int
) -> Weights:
    """Bring the weights to format ``target``; ``config`` is the configuration as it was stored with them."""
    while config["format_version"] < target:
        version = config["format_version"]
        weights = steps[version].weights(dict(config), dict(weights))
        config = upgrade_config(config, steps, version + 1)
    return weights
