"""Which structure files this program wrote itself, by what stands at their beginning.

Such a file repeats the crystals it was made from. A folder that holds both must not be predicted twice, also
where the table was renamed and its sidecar left behind.
"""

from __future__ import annotations

import re
from pathlib import Path

PROGRAM = "negnn-gui"

_SIGNS = re.compile(
    rf"""written_by="{PROGRAM}"|^_audit_creation_method\s+'{PROGRAM} |"program":\s*"{PROGRAM}\"""",
    re.MULTILINE,
)
_HEAD = 8192
_SUFFIXES = frozenset({".cif", ".mcif", ".xyz", ".extxyz", ".json"})


def written_by_this_program(head: str) -> bool:
    """Whether the first kilobytes of a text say that this program wrote it."""
    return _SIGNS.search(head[:_HEAD]) is not None


def is_own_file(path: Path) -> bool:
    """Whether this program wrote a structure file; False where it cannot be looked into."""
    if path.suffix.lower() not in _SUFFIXES:
        return False
    try:
        if not path.is_file():  # opening a pipe would wait for whoever writes to it
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return written_by_this_program(head.decode("utf-8", errors="replace"))
