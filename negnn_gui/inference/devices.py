"""Which device computes, and what an exhausted memory looks like."""

from __future__ import annotations

import torch


class DeviceError(ValueError):
    """A device was asked for that this machine does not have."""


def choose_device(wanted: str = "auto") -> torch.device:
    """The device named, or for "auto" the best there is: CUDA, else Apple's MPS, else the CPU.

    Raises
    ------
    DeviceError
        The name is unknown or there is no such device here.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise DeviceError(f"unknown device {wanted!r}: use auto, cpu, cuda, cuda:N or mps") from error
    if device.type == "cuda" and (
        not torch.cuda.is_available() or (device.index or 0) >= torch.cuda.device_count()
    ):
        raise DeviceError(f"there is no CUDA device {wanted!r} on this machine: use auto or cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("there is no MPS device on this machine: use auto or cpu")
    return device


def available_devices() -> tuple[str, ...]:
    """Names of the devices of this machine, the CPU first."""
    names = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
    if torch.backends.mps.is_available():
        names.append("mps")
    return tuple(names)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out (on CUDA and the CPU that is a RuntimeError)."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
