"""Whether there is a display to open a window on, found out before Qt is loaded (Qt itself would abort)."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

_ADVICE = (
    "set DISPLAY, run it as 'xvfb-run negnn-gui ...', or use 'negnn predict' which needs no display "
    "(QT_QPA_PLATFORM=offscreen runs the window unseen)"
)


def display_problem(environ: Mapping[str, str] = os.environ, platform: str = sys.platform) -> str | None:
    """One sentence saying why no window can be shown, or None where one can."""
    if not platform.startswith(("linux", "freebsd")):
        return None
    chosen = environ.get("QT_QPA_PLATFORM", "")
    if chosen and not chosen.startswith(("xcb", "wayland")):
        return None
    if _wayland_answers(environ):
        return None
    display = environ.get("DISPLAY", "")
    if not display:
        return f"there is no display; {_ADVICE}"
    if not _x_server_answers(display):
        return f"the display {display} does not answer; {_ADVICE}"
    return None


def _wayland_answers(environ: Mapping[str, str]) -> bool:
    name = environ.get("WAYLAND_DISPLAY", "")
    if not name:
        return False
    return _connects(socket.AF_UNIX, str(Path(environ.get("XDG_RUNTIME_DIR", "/")) / name))


def _x_server_answers(display: str) -> bool:
    """Display names are [host]:number[.screen]; without a host the server listens on a Unix socket."""
    match = re.fullmatch(r"(?:(?P<host>[^:/]*)|unix|.*/unix):(?P<number>\d+)(?:\.\d+)?", display)
    if match is None:
        return True  # an unusual form (macOS launchd socket): leave the judgement to Qt
    host, number = match["host"], int(match["number"])
    if host and host != "unix":
        return _connects(socket.AF_INET, (host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"
    return _connects(socket.AF_UNIX, "\0" + path) or _connects(socket.AF_UNIX, path)


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(2.0)
        try:
            connection.connect(address)
        except OSError:
            return False
    return True
