"""Magnetic moments per atom, how sure they are, and which known atoms are alike.

Implements "Self-supervised representations and node embedding graph neural networks for accurate and
multi-scale analysis of materials", Mach. Learn.: Sci. Technol. 5 (2024) 035018, doi 10.1088/2632-2153/ad612b.
"""

from __future__ import annotations

__all__ = ["Encoder", "__version__", "predict"]
__version__ = "0.1.0"

_INTERFACE = {"Encoder": "negnn_gui.inference.encoder_api", "predict": "negnn_gui.api"}


def __getattr__(name: str) -> object:
    """Load the Python interface when it is first used, so that importing the package stays instant."""
    if name in _INTERFACE:
        from importlib import import_module

        # By name: an import statement would make every module of the package depend on all others.
        return getattr(import_module(_INTERFACE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
