"""Where a Linux desktop looks for a program: the bundle, and below ``share`` entry, MIME type, metadata and icons."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DESKTOP = ROOT / "packaging" / "desktop"
SVG = ROOT / "resources" / "icons" / "negnn-gui.svg"
ENTRY = "negnn-gui.desktop"
METAINFO = "io.github.negnn_gui.metainfo.xml"
MIME = "negnn-gui-mime.xml"


def lay_out(root: Path, bundle: Path, icons: dict[int, Path]) -> None:
    """The bundle in ``root/usr/lib`` and the files of the desktop in ``root/usr/share``.

    ``icons`` are PNG by edge length.
    """
    shutil.rmtree(root, ignore_errors=True)
    library = root / "usr" / "lib" / "negnn-gui"
    shutil.copytree(bundle, library, symlinks=True, copy_function=_link_or_copy)
    share = root / "usr" / "share"
    _copy(DESKTOP / ENTRY, share / "applications" / ENTRY)
    _copy(DESKTOP / METAINFO, share / "metainfo" / METAINFO)
    _copy(DESKTOP / MIME, share / "mime" / "packages" / MIME)
    hicolor = share / "icons" / "hicolor"
    for size, icon in icons.items():
        _copy(icon, hicolor / f"{size}x{size}" / "apps" / "negnn-gui.png")
    _copy(SVG, hicolor / "scalable" / "apps" / "negnn-gui.svg")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o644)


def _link_or_copy(source: str, target: str) -> None:
    """A second name for the same bytes: the bundle is large, and the tree is only packed."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
