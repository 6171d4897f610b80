"""pytest plugin (``-p without_qt``) for the run that proves the core needs no Qt: importing Qt fails."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

REFUSED = frozenset({"PySide6", "shiboken6", "pyqtgraph"})


class _Refusal(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        if fullname.partition(".")[0] in REFUSED:
            raise ModuleNotFoundError(f"{fullname} is out of reach in this run", name=fullname)


sys.meta_path.insert(0, _Refusal())
