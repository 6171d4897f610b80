"""Make a package for Debian and Ubuntu of the bundle.

The bundle goes to /usr/lib/negnn-gui with two links in /usr/bin. The caches of the desktop (MIME types, menu, icons)
are renewed by Debian's own triggers, so the package needs no script.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import desktop_tree

ROOT = desktop_tree.ROOT
SYSTEM_PACKAGES = ROOT / "packaging" / "system-packages.txt"
ONLY_FOR_RUNS_WITHOUT_DISPLAY = {"xvfb", "xauth", "libosmesa6"}

_CONTROL = """\
Package: negnn-gui
Version: {version}
Section: science
Priority: optional
Architecture: {architecture}
Installed-Size: {kilobytes}
Depends: {depends}
Maintainer: The negnn-gui developers <negnn-gui@localhost.invalid>
Description: magnetic moments of atoms, predicted from crystal structures
 Drop a crystal structure file on the window: it is drawn in three dimensions,
 and a graph neural network that learned from crystal structures alone predicts
 the magnetic moment of every atom, with an interval that says how sure it is.
 .
 The command negnn predicts many files without a window. The package carries
 its own Python, Qt, VTK and PyTorch (for the CPU or with CUDA, as built).
"""


def build(bundle: Path, icons: dict[int, Path], dist: Path, version: str) -> Path:
    """Write ``dist/negnn-gui_<version>_<architecture>.deb`` and return it."""
    tree = dist / "deb"
    desktop_tree.lay_out(tree, bundle, icons)
    for program in ("negnn-gui", "negnn"):
        link = tree / "usr" / "bin" / program
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(f"../lib/negnn-gui/{program}")
    _documents(tree / "usr" / "share" / "doc" / "negnn-gui")
    _open_to_all(tree)
    control = tree / "DEBIAN"
    control.mkdir()
    architecture = _said(["dpkg", "--print-architecture"])
    kilobytes = sum(path.lstat().st_size for path in tree.rglob("*")) // 1024
    (control / "control").write_text(
        _CONTROL.format(
            version=version, architecture=architecture, kilobytes=kilobytes, depends=", ".join(depends())
        )
    )
    (control / "md5sums").write_text("".join(_md5sums(tree)))
    package = dist / f"negnn-gui_{version}_{architecture}.deb"
    # Ubuntu's dpkg would choose zstd, which Debian's of some years ago cannot read; level 3 halves the time of 6.
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--build", str(tree), str(package)]
    subprocess.run(command, check=True)
    shutil.rmtree(tree)
    return package


def depends() -> list[str]:
    """System libraries that a window needs, from the list that ``make run`` installs.

    Names that changed with the 64-bit time of newer releases are asked for under either name.
    """
    names = [
        name
        for name in SYSTEM_PACKAGES.read_text(encoding="utf-8").split()
        if name not in ONLY_FOR_RUNS_WITHOUT_DISPLAY
    ]
    return ["libc6", *(f"{name} | {name}t64" if name == "libglib2.0-0" else name for name in names)]


def _documents(folder: Path) -> None:
    folder.mkdir(parents=True)
    shutil.copyfile(ROOT / "LICENSE", folder / "copyright")
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    with gzip.GzipFile(folder / "changelog.gz", "wb", 9, mtime=0) as packed:
        packed.write(changes)


def _open_to_all(tree: Path) -> None:
    """Everybody may read what is installed, whatever the umask of the build."""
    for path in tree.rglob("*"):
        if path.is_symlink():
            continue
        runs = path.is_dir() or os.access(path, os.X_OK)
        wanted = 0o755 if runs else 0o644
        if path.stat().st_mode & 0o777 != wanted:
            path.chmod(wanted)


def _md5sums(tree: Path) -> list[str]:
    lines = []
    for path in sorted(tree.rglob("*")):
        if path.is_file() and not path.is_symlink() and "DEBIAN" not in path.parts:
            with path.open("rb") as opened:
                digest = hashlib.file_digest(opened, "md5").hexdigest()
            lines.append(f"{digest}  {path.relative_to(tree)}\n")
    return lines


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
