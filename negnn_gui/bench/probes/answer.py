"""How a probe answers."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, NoReturn


def answer(**values: Any) -> NoReturn:
    """Print the answer and end at once: what has been measured must not wait for a tidy farewell."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()
    os._exit(0)
