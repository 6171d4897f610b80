"""Where a run took place: without it a time means nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

_LIBRARIES = ("torch", "numpy", "pymatgen", "vtk", "PySide6-Essentials")


def describe_machine() -> dict[str, str | int | float]:
    """System, processor and the versions that matter; nothing that identifies its user."""
    described: dict[str, str | int | float] = {
        "system": f"{platform.system()} {platform.release()}",
        "processor": processor_name(),
        "cores": usable_cores(),
        "memory_GB": memory_gb(),
        "load_at_start": load(),
        "python": platform.python_version(),
    }
    for library in _LIBRARIES:
        try:
            described[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            described[library] = "not installed"
    return described


def processor_name() -> str:
    """The processor's own name where the system tells it, else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # not everywhere
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def load() -> float:
    """Processes that wanted a core in the last minute; above 0 something else was running. -1 where unknown."""
    try:
        return round(os.getloadavg()[0], 2)
    except (AttributeError, OSError):
        return -1.0


def memory_gb() -> float:
    """Main memory in GB, 0 where the system does not tell."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return 0.0
