"""Make an AppDir of the bundle, and an AppImage of it where ``appimagetool`` is installed.

An AppImage is a compressed AppDir behind a small program, the *runtime*, that mounts it. Neither the tool nor the
runtime is a Debian package; without them the AppDir is left, which runs by its ``AppRun`` as it is.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import desktop_tree

_APPRUN = """\
#!/bin/sh
# Opens the window; called by a link named negnn, or with APPIMAGE_COMMAND=negnn, it is the command line.
here=$(dirname "$(readlink -f "$0")")
called=${APPIMAGE_COMMAND:-$(basename "${ARGV0:-$0}")}
case $called in
    negnn) program=negnn ;;
    *) program=negnn-gui ;;
esac
exec "$here/usr/lib/negnn-gui/$program" "$@"
"""


def build_appdir(bundle: Path, icons: dict[int, Path], dist: Path) -> Path:
    """Write ``dist/negnn-gui.AppDir`` and return it."""
    appdir = dist / "negnn-gui.AppDir"
    desktop_tree.lay_out(appdir, bundle, icons)
    # What an AppDir has at its top: the entry without TryExec (no such program is in the path), the icon, AppRun.
    entry = (desktop_tree.DESKTOP / desktop_tree.ENTRY).read_text(encoding="utf-8")
    kept = [line for line in entry.splitlines() if not line.startswith("TryExec=")]
    (appdir / desktop_tree.ENTRY).write_text("\n".join(kept) + "\n", encoding="utf-8")
    shutil.copyfile(icons[256], appdir / "negnn-gui.png")
    (appdir / ".DirIcon").symlink_to("negnn-gui.png")
    run = appdir / "AppRun"
    run.write_text(_APPRUN, encoding="utf-8")
    run.chmod(0o755)
    return appdir


def pack(appdir: Path, dist: Path, version: str) -> Path | None:
    """The AppImage, or None, with the command to run elsewhere, where ``appimagetool`` is missing."""
    image = dist / f"negnn-gui-{version}-{platform.machine()}.AppImage"
    command = ["appimagetool", "--no-appstream", str(appdir), str(image)]
    tool = shutil.which("appimagetool")
    if tool is None:
        print(
            f"appimagetool is not installed, so {appdir.name} is left as it is; where the tool is at hand, run\n"
            f"    ARCH={platform.machine()} {' '.join(command)}"
        )
        return None
    environment = {**os.environ, "ARCH": platform.machine(), "VERSION": version}
    subprocess.run([tool, *command[1:]], check=True, env=environment)
    return image
