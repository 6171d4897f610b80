"""Build, try and pack the bundle: what ``make bundle`` runs, on Linux, macOS and Windows.

``build_bundle.py [--dist DIR] [--work DIR] [--only-pack]``; ``--only-pack`` takes the folder that an earlier run made.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent / "linux")]
import icons  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "packaging" / "bundle" / "negnn-gui.spec"
sys.path.insert(0, str(ROOT))
from negnn_gui import __version__  # noqa: E402


def freeze(dist: Path, work: Path) -> None:
    """PyInstaller's part: the folder ``dist/negnn-gui``."""
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(dist), "--workpath", str(work), str(SPEC)]
    subprocess.run(command, check=True, cwd=ROOT)
    if sys.platform.startswith("linux"):
        import strip_symbols

        bundle = dist / "negnn-gui"
        (bundle / "negnn").symlink_to("negnn-gui")  # start.py tells them apart by their names
        print(
            f"symbols for debuggers taken out: {strip_symbols.strip_symbols(bundle / '_internal') / 1e6:.0f} MB"
        )


def described(bundle: Path) -> str:
    """Size of the bundle and of its largest parts, in MB (10^6 bytes)."""
    sizes: dict[str, int] = {}
    for path in bundle.rglob("*"):
        if path.is_file() and not path.is_symlink():
            inside = path.relative_to(bundle).parts
            part = inside[1] if inside[0] in ("_internal", "Contents") and len(inside) > 2 else inside[-1]
            sizes[part] = sizes.get(part, 0) + path.stat().st_size
    largest = sorted(sizes.items(), key=lambda item: -item[1])[:8]
    parts = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in largest)
    return f"{bundle}: {sum(sizes.values()) / 1e6:.0f} MB ({parts})"


def attempt(bundle: Path) -> None:
    """The smoke test, in a process of its own and with a display."""
    command = [sys.executable, str(ROOT / "packaging" / "try_bundle.py"), str(bundle)]
    if sys.platform.startswith("linux"):
        command = ["sh", str(ROOT / "packaging" / "with-display.sh"), *command]
    subprocess.run(command, check=True)


def pack(bundle: Path, drawn: dict[int, Path], dist: Path) -> list[Path]:
    """The packages of this system; a tool that is missing is named, with what to do."""
    if sys.platform == "win32":
        return _windows_installer(dist)
    if sys.platform == "darwin":
        return [_disk_image(dist)]
    import build_appimage
    import build_deb

    made = [build_appimage.pack(build_appimage.build_appdir(bundle, drawn, dist), dist, __version__)]
    if shutil.which("dpkg-deb"):
        made.append(build_deb.build(bundle, drawn, dist, __version__))
    else:
        print("dpkg-deb is not installed, so no .deb was made")
    return [package for package in made if package is not None]


def _windows_installer(dist: Path) -> list[Path]:
    compiler = shutil.which("iscc")
    script = ROOT / "packaging" / "windows" / "negnn-gui.iss"
    if compiler is None:
        print(
            f"Inno Setup is not installed, so no installer was made; with it: iscc /DVersion={__version__} {script}"
        )
        return []
    subprocess.run([compiler, f"/DVersion={__version__}", f"/O{dist}", str(script)], check=True)
    return [dist / f"negnn-gui-{__version__}-setup.exe"]


def _disk_image(dist: Path) -> Path:
    image = dist / f"negnn-gui-{__version__}-{platform.machine()}.dmg"
    command = ["hdiutil", "create", "-ov", "-volname", "negnn-gui", "-format", "UDZO"]
    subprocess.run([*command, "-srcfolder", str(dist / "negnn-gui.app"), str(image)], check=True)
    return image


def main() -> int:
    """Build all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", metavar="DIR")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "bundle", metavar="DIR")
    parser.add_argument("--only-pack", action="store_true", help="pack the folder that an earlier run made")
    arguments = parser.parse_args()
    dist = arguments.dist.resolve()
    dist.mkdir(parents=True, exist_ok=True)
    picture_folder = ROOT / "build" / "icons"
    drawn = icons.draw(picture_folder)
    icons.collect(drawn, picture_folder)
    bundle = dist / "negnn-gui"
    if not arguments.only_pack:
        freeze(dist, arguments.work)
    print(described(bundle), flush=True)
    try:
        attempt(bundle)
        packages = pack(bundle, drawn, dist)
    except subprocess.CalledProcessError as failed:
        print(f"make bundle: {' '.join(failed.cmd)} ended with status {failed.returncode}", file=sys.stderr)
        return 1
    for package in packages:
        print(f"{package}: {package.stat().st_size / 1e6:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
