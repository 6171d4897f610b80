"""A report that can be sent: what went wrong and where in the program, without anybody's folders."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import qVersion

from negnn_gui import __version__

_LOG_LINES = 40
_LOG_TAIL_BYTES = 40_000
# From where an absolute path begins to the last slash of its line; too much is hidden rather than too little.
_FOLDERS = re.compile(r"""(?:~|(?<![\w.…])(?:[A-Za-z]:)?)[/\\](?:[^'"\n]*[/\\])?""")


def report(
    kind: type[BaseException],
    error: BaseException | None,
    trace: TracebackType | None,
    log: Path | None = None,
) -> str:
    """Versions, the error with what caused it, where in the program it arose, and the end of the log."""
    import platform

    lines = [
        f"negnn-gui {__version__}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, Qt {qVersion()}"
    ]
    lines += _frames(trace)
    lines.append(f"{kind.__name__}: {without_folders(str(error))}")
    cause = None if error is None else error.__cause__ or error.__context__
    for _ in range(5):
        if cause is None:
            break
        lines += ["caused by", *_frames(cause.__traceback__)]
        lines.append(f"{type(cause).__name__}: {without_folders(str(cause))}")
        cause = cause.__cause__ or cause.__context__
    if tail := log_tail(log):
        lines += ["", "Before that, in the log:", *tail]
    return "\n".join(lines)


def without_folders(text: str) -> str:
    """The same with file names only: neither home nor any other folder is named."""
    home = str(Path.home())
    if len(home) > 1:
        text = text.replace(home, "~")
    return _FOLDERS.sub("…/", text)


def log_tail(log: Path | None, most: int = _LOG_LINES) -> list[str]:
    """The last lines of a log without tracebacks and folders; none where it cannot be read."""
    if log is None:
        return []
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _LOG_TAIL_BYTES))
            lines = file.read().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return []
    stamped = [line for line in lines if re.match(r"\d{4}-\d\d-\d\d ", line)]
    return [without_folders(line) for line in stamped[-most:]]


def _frames(trace: TracebackType | None) -> list[str]:
    return [f"  {_public(f.filename)}:{f.lineno} in {f.name}" for f in traceback.extract_tb(trace)]


def _public(filename: str) -> str:
    parts = Path(filename).parts
    for anchor in ("site-packages", "negnn_gui"):
        if anchor in parts:
            start = len(parts) - 1 - parts[::-1].index(anchor)
            return "/".join(parts[start:])
    return Path(filename).name
