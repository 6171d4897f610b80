"""Where the program keeps what outlives a run, and whether it may: a read-only home costs that, and no more."""

from __future__ import annotations

import os
from pathlib import Path

from negnn_gui import locations


def lost_between_runs() -> str:
    """A sentence on what cannot be kept because its folder cannot be written; "" where all can."""
    places = {
        "settings": locations.user_config_dir(),
        "the log": locations.user_log_dir(),
        "fitted maps": locations.user_cache_dir(),
        "copies of the session and your own models": locations.user_data_dir(),
    }
    lost = {what: folder for what, folder in places.items() if not _can_be_written(folder)}
    if not lost:
        return ""
    folders = ", ".join(dict.fromkeys(str(folder) for folder in lost.values()))
    return f"Not kept after this run: {', '.join(lost)}. The program works; to keep them, make {folders} writable."


def _can_be_written(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)
