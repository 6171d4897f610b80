"""Bundles: icons, the packages made of a folder, and the smoke test that judges it.

PyInstaller itself takes many minutes and is run by ``make bundle``; here small scripts stand in for its folder.
"""

from __future__ import annotations

import ast
import csv
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
MOMENTS = (1.7, 1.7, 1.7, 1.7, 0.07, 0.07, 0.07, 0.07)

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="packages for Linux")


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripts of packaging/ can be imported."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging" / "linux"))
    monkeypatch.syspath_prepend(str(ROOT / "packaging" / "bundle"))
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))


@pytest.fixture
def icon_files(tmp_path: Path) -> dict[int, Path]:
    """Stand-ins for the drawn icons."""
    drawn = {size: tmp_path / f"icon-{size}.png" for size in (16, 256)}
    for path in drawn.values():
        path.write_bytes(b"png")
    return drawn


_PROGRAM = """\
#!{python}
import sys
from pathlib import Path
name, arguments = Path(__file__).name, sys.argv[1:]
if "--version" in arguments:
    print(name, "0.1.0")
if "--fail" in arguments or {fails!r} in arguments:
    sys.exit("no model is installed")
for option in ("--export-csv", "-o"):
    if option in arguments:
        target = Path(arguments[arguments.index(option) + 1])
        if target.suffix == ".csv":
            moments = {moments} if name == "negnn" else {window_moments}
            target.write_text("moment_pred_muB\\n" + "".join(f"{{m}}\\n" for m in moments))
        else:
            target.write_bytes(b"x" * {picture_bytes})
if "--screenshot" in arguments:
    Path(arguments[arguments.index("--screenshot") + 1]).write_bytes(b"x" * {picture_bytes})
"""


def _make_bundle(
    folder: Path,
    *,
    window_moments: tuple[float, ...] = MOMENTS,
    picture_bytes: int = 30_000,
    fails: str = "nothing",
) -> Path:
    """A folder that behaves like a bundle, with the faults asked for."""
    (folder / "_internal" / "resources" / "examples").mkdir(parents=True)
    shutil.copy(ROOT / "resources" / "examples" / "NiO.cif", folder / "_internal" / "resources" / "examples")
    for name in ("negnn-gui", "negnn"):
        program = folder / name
        program.write_text(
            _PROGRAM.format(
                python=sys.executable,
                moments=MOMENTS,
                window_moments=window_moments,
                picture_bytes=picture_bytes,
                fails=fails,
            )
        )
        program.chmod(0o755)
    return folder


# --- icons ------------------------------------------------------------------------------------------


def test_icons_are_drawn_in_every_size_and_collected(tmp_path: Path) -> None:
    """In a process of its own: drawing needs an application of Qt, and tests share one of another kind."""
    pytest.importorskip("PIL")
    subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "icons.py"), str(tmp_path)], check=True, timeout=120
    )
    for size in (16, 22, 24, 32, 48, 64, 128, 256, 512):
        header = (tmp_path / f"negnn-gui-{size}.png").read_bytes()[:24]
        assert struct.unpack(">II", header[16:24]) == (size, size)
    assert (tmp_path / "negnn-gui.ico").read_bytes()[:4] == b"\0\0\1\0"
    assert (tmp_path / "negnn-gui.icns").read_bytes()[:4] == b"icns"


# --- smoke test -------------------------------------------------------------------------------------


def test_a_working_bundle_passes(scripts: None, tmp_path: Path) -> None:
    import try_bundle

    said = try_bundle.try_bundle(_make_bundle(tmp_path / "bundle"))
    assert said[0] == "negnn 0.1.0"
    assert "8 sites" in said[1]


@on_linux
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"window_moments": (9.0, *MOMENTS[1:])}, "the window predicts"),
        ({"window_moments": MOMENTS[:3]}, "the window predicts"),
        ({"picture_bytes": 100}, "nearly empty"),
        ({"fails": "verify"}, "models verify ended with 1: no model is installed"),
    ],
)
def test_a_faulty_bundle_is_told_in_one_sentence(
    scripts: None, tmp_path: Path, fault: dict[str, object], sentence: str
) -> None:
    import try_bundle

    bundle = _make_bundle(tmp_path / "bundle", **fault)  # type: ignore[arg-type]
    with pytest.raises(try_bundle.BundleError, match=sentence):
        try_bundle.try_bundle(bundle)


def test_a_folder_that_is_no_bundle_is_refused(scripts: None, tmp_path: Path) -> None:
    import try_bundle

    with pytest.raises(try_bundle.BundleError, match="holds no example NiO"):
        try_bundle.try_bundle(tmp_path)


def test_the_smoke_test_leaves_nothing_of_this_python_in_reach(
    scripts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import try_bundle

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("XDG_DATA_HOME", str(ROOT))
    environment = try_bundle._bare_environment(tmp_path)
    assert environment["HOME"] == str(tmp_path)
    assert not any(str(ROOT) in value for value in environment.values())


# --- contents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "unused"),
    [
        ("torch/lib/libtorch_cpu.so", False),
        ("torch/lib/libtorchbind_test.so", True),
        ("torch/bin/torch_shm_manager", False),
        ("torch/bin/test_api", True),
        ("torch/test/test_ops.py", True),
        ("torch/testing/_internal/logging_tensor.py", False),
        ("torch/testing/_internal/common_utils.py", True),
        ("torch\\lib\\torch_cpu.dll", False),
        ("pyarrow/libarrow_flight.so.2600", True),
        ("libarrow_flight.so.2600", True),
        ("pyarrow\\arrow_flight.dll", True),
        ("pyarrow/libarrow_substrait.so.2600", False),
        ("pyarrow/include/arrow/api.h", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", False),
        ("PySide6/Qt/plugins/platforms/libqlinuxfb.so", True),
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", True),
        ("resources/examples/NiO.cif", False),
    ],
)
def test_what_a_bundle_leaves_out(scripts: None, place: str, unused: bool) -> None:
    assert _module("contents").is_unused(place) is unused


def test_nothing_left_out_is_imported_by_the_program(scripts: None) -> None:
    """Imports inside functions of training and of the data sets' client ask for an installation with Python."""
    left_out = set(_module("contents").UNUSED_MODULES)
    for path in (ROOT / "negnn_gui").rglob("*.py"):
        if path.relative_to(ROOT / "negnn_gui").parts[0] == "training":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                parts = name.split(".")
                above = {".".join(parts[: n + 1]) for n in range(len(parts))}
                assert not above & left_out, f"{path.name} imports {name}"


@on_linux
def test_symbols_are_taken_from_libraries_that_bear_it(
    scripts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import strip_symbols

    kept, stripped = tmp_path / "numpy.libs" / "blas.so", tmp_path / "vtkmodules" / "libvtkCommonCore.so"
    for library in (kept, stripped):
        library.parent.mkdir()
        library.write_bytes(b"x" * 1000)
    (tmp_path / "vtkmodules" / "link.so").symlink_to(stripped)
    monkeypatch.setattr(strip_symbols.shutil, "which", lambda _name: "strip")
    monkeypatch.setattr(
        strip_symbols.subprocess, "run", lambda command, check: Path(command[-1]).write_bytes(b"x" * 400)
    )
    assert strip_symbols.strip_symbols(tmp_path) == 600
    assert kept.stat().st_size == 1000
    monkeypatch.setattr(strip_symbols.shutil, "which", lambda _name: None)
    assert strip_symbols.strip_symbols(tmp_path) == 0


# --- packages ---------------------------------------------------------------------------------------


@on_linux
@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_deb_holds_programs_desktop_files_and_dependencies(
    scripts: None, tmp_path: Path, icon_files: dict[int, Path]
) -> None:
    import build_deb

    package = build_deb.build(_make_bundle(tmp_path / "bundle"), icon_files, tmp_path, "0.1.0")
    listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True).stdout
    for place in (
        "usr/bin/negnn-gui -> ../lib/negnn-gui/negnn-gui",
        "usr/bin/negnn -> ../lib/negnn-gui/negnn",
        "usr/lib/negnn-gui/_internal/resources/examples/NiO.cif",
        "usr/share/applications/negnn-gui.desktop",
        "usr/share/mime/packages/negnn-gui-mime.xml",
        "usr/share/metainfo/io.github.negnn_gui.metainfo.xml",
        "usr/share/icons/hicolor/256x256/apps/negnn-gui.png",
        "usr/share/icons/hicolor/scalable/apps/negnn-gui.svg",
        "usr/share/doc/negnn-gui/copyright",
    ):
        assert place in listed
    assert all(" root/root " in line for line in listed.splitlines())
    fields = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True).stdout
    assert "Package: negnn-gui\nVersion: 0.1.0\n" in fields
    assert "libxcb-cursor0" in fields
    assert "libglib2.0-0 | libglib2.0-0t64" in fields
    assert "xvfb" not in fields
    assert not (tmp_path / "deb").exists()


@on_linux
def test_appdir_starts_either_program(scripts: None, tmp_path: Path, icon_files: dict[int, Path]) -> None:
    import build_appimage

    appdir = build_appimage.build_appdir(_make_bundle(tmp_path / "bundle"), icon_files, tmp_path)
    (tmp_path / "negnn").symlink_to(appdir / "AppRun")
    for program, expected in ((appdir / "AppRun", "negnn-gui 0.1.0"), (tmp_path / "negnn", "negnn 0.1.0")):
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        assert said.strip() == expected
    entry = (appdir / "negnn-gui.desktop").read_text(encoding="utf-8")
    assert "Exec=negnn-gui %F" in entry
    assert "TryExec" not in entry
    assert (appdir / ".DirIcon").resolve() == appdir / "negnn-gui.png"
    assert (appdir / "usr" / "share" / "metainfo" / "io.github.negnn_gui.metainfo.xml").exists()


@on_linux
def test_without_appimagetool_the_command_to_run_elsewhere_is_said(
    scripts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import build_appimage

    monkeypatch.setattr(build_appimage.shutil, "which", lambda _name: None)
    assert build_appimage.pack(tmp_path / "negnn-gui.AppDir", tmp_path, "0.1.0") is None
    assert "appimagetool --no-appstream" in capsys.readouterr().out


def _module(name: str) -> ModuleType:
    return __import__(name)


def test_the_size_is_told_with_its_largest_parts(scripts: None, tmp_path: Path) -> None:
    bundle = _make_bundle(tmp_path / "bundle")
    (bundle / "_internal" / "torch").mkdir()
    (bundle / "_internal" / "torch" / "lib.so").write_bytes(b"x" * 3_000_000)
    assert _module("build_bundle").described(bundle).startswith(f"{bundle}: 3 MB (torch 3")


def test_moments_are_compared_as_numbers(scripts: None, tmp_path: Path) -> None:
    table = tmp_path / "sites.csv"
    with table.open("w", newline="", encoding="utf-8") as opened:
        csv.writer(opened).writerows([["element", "moment_pred_muB"], ["Ni", "1.70"], ["O", "0.07"]])
    assert _module("try_bundle")._moments(table) == [1.7, 0.07]
