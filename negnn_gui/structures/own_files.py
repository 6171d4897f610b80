"""Which structure files this program wrote itself, by what stands at their beginning.

Such a file repeats the crystals it was made from. A folder that holds both must not be predicted twice, also
where the table was renamed and its sidecar left behind.
"""

from __future__ import annotations

import re

PROGRAM = "negnn-gui"

_SIGNS = re.compile(
    rf"""written_by="{PROGRAM}"|^_audit_creation_method\s+'{PROGRAM} |"program":\s*"{PROGRAM}\"""",
    re.MULTILINE,
)
_HEAD = 8192


def written_by_this_program(head: str) -> bool:
    """Whether the first kilobytes of a text say that this program wrote it."""
    return _SIGNS.search(head[:_HEAD]) is not None
