"""What is shipped and how it is set up: wheel, constraints, system packages, desktop files, scripts."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from negnn_gui import __version__

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
DIST_INFO = f"negnn_gui-{__version__}.dist-info"

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="about Debian and Ubuntu")


def _project() -> dict[str, dict[str, list[str]]]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def _constraints() -> dict[str, str]:
    lines = (PACKAGING / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {_normalised(name): version for name, version in pins}


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _script(
    name: str, *arguments: str, path: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path) if path else os.environ["PATH"], **variables}
    shell = shutil.which("sh")
    assert shell is not None
    return subprocess.run(
        [shell, str(PACKAGING / name), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _fake_python(folder: Path, name: str, version: str, venv: bool = True) -> Path:
    """A script that answers the questions of find-python.sh as an interpreter of that version would."""
    major, minor = version.split(".")
    path = folder / name
    path.write_text(
        "#!/bin/sh\n"
        f'case "$2" in *version_info*) [ {major} -eq 3 ] && [ {minor} -ge 11 ] && [ {minor} -lt 14 ];;'
        f" *ensurepip*) {'true' if venv else 'false'};; *) echo Python {version};; esac\n"
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A search path with the shell's tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "uname", "dirname", "id", "grep", "sed", "tr", "cat"):
        found = shutil.which(tool)
        assert found is not None
        (folder / tool).symlink_to(found)
    return folder


# --- constraints ------------------------------------------------------------------------------------


def test_every_direct_dependency_is_pinned() -> None:
    project = _project()
    asked = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    names = {_normalised(re.split(r"[<>=\[ ]", line)[0]) for line in asked} - {"negnn-gui"}
    assert names <= _constraints().keys()


def test_everything_the_program_imports_is_a_declared_dependency() -> None:
    project = _project()
    extras = {name: lines for name, lines in project["optional-dependencies"].items() if name != "test"}
    asked = [*project["dependencies"], *(line for lines in extras.values() for line in lines)]
    declared = {_normalised(re.split(r"[<>=\[ ]", line)[0]) for line in asked}
    # what is installed says so itself; of an optional one that is not, the name has to be known
    providers = {"umap": ["umap-learn"], **importlib.metadata.packages_distributions()}
    # shiboken6 is a half of PySide6, which demands exactly its own version of it
    for module in _imported_modules(ROOT / "negnn_gui") - {"negnn_gui", "shiboken6"}:
        distributions = {_normalised(name) for name in providers.get(module, [module])}
        assert distributions & declared, f"{module} comes with {distributions}, which nobody asks for"


def _imported_modules(package: Path) -> set[str]:
    """Top-level names of what is imported anywhere in a package, without the standard library."""
    names = set()
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names


def test_pins_are_plain_versions_that_any_index_has() -> None:
    pins = _constraints()
    assert pins["torch"] == "2.13.0"
    assert all(re.fullmatch(r"\d+(\.\d+)*(\.post\d+)?", version) for version in pins.values())


# --- wheel ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    built = next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"]))
    return zipfile.ZipFile(built)


def test_wheel_carries_every_resource_and_no_test(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    resources = [path for path in (ROOT / "resources").rglob("*") if path.is_file()]
    assert {
        f"negnn_gui/_resources/{path.relative_to(ROOT / 'resources').as_posix()}" for path in resources
    } <= names
    assert {name.split("/")[0] for name in names} == {"negnn_gui", DIST_INFO}


def test_wheel_installs_both_commands_and_the_licence(wheel: zipfile.ZipFile) -> None:
    entry_points = wheel.read(f"{DIST_INFO}/entry_points.txt").decode()
    assert "negnn = negnn_gui.cli:main" in entry_points
    assert "negnn-gui = negnn_gui.__main__:main" in entry_points
    assert f"{DIST_INFO}/licenses/LICENSE" in wheel.namelist()


def test_resources_are_found_in_an_unpacked_wheel(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = "from negnn_gui.locations import resources_dir; print(resources_dir())"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(found.stdout.strip()) == tmp_path / "negnn_gui" / "_resources"


def test_resources_hold_no_python_file() -> None:
    """A Python file there would make an editable installation impossible (see pyproject.toml)."""
    assert not list((ROOT / "resources").rglob("*.py"))


# --- set-up scripts ---------------------------------------------------------------------------------


def test_the_first_suitable_python_is_chosen(tools: Path) -> None:
    _fake_python(tools, "python3", "3.14")
    wanted = _fake_python(tools, "python3.13", "3.13")
    answer = _script("find-python.sh", path=tools)
    assert (answer.returncode, answer.stdout.strip()) == (0, str(wanted))


def test_the_python_that_was_named_is_taken(tools: Path, tmp_path: Path) -> None:
    _fake_python(tools, "python3", "3.12")
    named = _fake_python(tmp_path, "mine", "3.11")
    assert _script("find-python.sh", path=tools, PYTHON=str(named)).stdout.strip() == str(named)


@pytest.mark.parametrize(
    ("version", "venv", "sentence"),
    [("3.10", True, "No Python 3.11, 3.12 or 3.13 was found"), ("3.12", False, "python3-venv")],
)
def test_an_unsuitable_python_is_one_clear_sentence(
    tools: Path, version: str, venv: bool, sentence: str
) -> None:
    _fake_python(tools, "python3", version, venv)
    answer = _script("find-python.sh", path=tools)
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert sentence in answer.stderr
    assert answer.stderr.count("\n") == 1


def _fake_dpkg(folder: Path, installed: str, user: int) -> None:
    for name, body in {
        "dpkg-query": f"printf '%s\\n' {installed}",
        "id": f"echo {user}",
        "apt-get": f'echo "$@" >> {folder}/calls',
        "python3": "exit 0",
    }.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)


def _all_packages() -> list[str]:
    return (PACKAGING / "system-packages.txt").read_text(encoding="utf-8").split()


@on_linux
def test_without_rights_the_command_for_the_missing_packages_is_printed(tools: Path) -> None:
    present = [f"'ii  {name} '" for name in _all_packages() if name not in ("xvfb", "libglib2.0-0")]
    renamed = "'ii  libglib2.0-0t64 libglib2.0-0 (= 2.84.4)'"  # as newer releases have it
    _fake_dpkg(tools, " ".join([*present, renamed]), user=1000)
    answer = _script("install-system-packages.sh", path=tools)
    assert answer.returncode == 0
    assert "sudo apt-get install --no-install-recommends xvfb\n" in answer.stdout
    assert not (tools / "calls").exists()


@on_linux
def test_root_installs_only_what_is_missing(tools: Path) -> None:
    present = " ".join(f"'ii  {name} '" for name in _all_packages() if name not in ("xvfb", "xauth"))
    _fake_dpkg(tools, present, user=0)
    assert _script("install-system-packages.sh", path=tools).returncode == 0
    installing = (tools / "calls").read_text().splitlines()[-1]
    assert installing.endswith("--no-install-recommends xvfb xauth")


@on_linux
def test_a_complete_system_is_left_alone(tools: Path) -> None:
    _fake_dpkg(tools, " ".join(f"'ii  {name} '" for name in _all_packages()), user=0)
    answer = _script("install-system-packages.sh", path=tools)
    assert (answer.returncode, answer.stdout) == (0, "")
    assert not (tools / "calls").exists()


@on_linux
def test_the_tools_of_the_checks_are_installed_where_asked(tools: Path) -> None:
    present = " ".join(f"'ii  {name} '" for name in _all_packages())
    _fake_dpkg(tools, present, user=0)
    assert _script("install-system-packages.sh", "--checks", path=tools).returncode == 0
    installing = (tools / "calls").read_text().splitlines()[-1]
    wanted = (PACKAGING / "system-packages-checks.txt").read_text(encoding="utf-8").split()
    assert installing.endswith("--no-install-recommends " + " ".join(wanted))


@on_linux
def test_an_unknown_option_of_the_installation_is_refused(tools: Path) -> None:
    answer = _script("install-system-packages.sh", "--all", path=tools)
    assert (answer.returncode, answer.stderr) == (2, "usage: install-system-packages.sh [--checks]\n")


def test_continuous_integration_runs_make_test_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").strip().splitlines()
    assert lines[-1] == 'exec make -C "$root" test'


def test_a_failing_stage_is_told_and_the_others_run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(PACKAGING))
    import run_checks

    good = run_checks.Stage("good", [sys.executable, "-c", "print('3 passed')"])
    bad = run_checks.Stage("bad", [sys.executable, "-c", "raise SystemExit(5)"])
    absent = run_checks.Stage("absent", ["no-such-program"], blocker="it is not installed")
    monkeypatch.setattr(run_checks, "stages", lambda: [bad, absent, good])
    assert run_checks.main() == 1
    told = capfd.readouterr().out
    assert re.search(r"FAILED +[\d.]+ s  bad", told)
    assert "left out: it is not installed" in told
    assert told.strip().endswith("3 passed")


# --- desktop ----------------------------------------------------------------------------------------


def test_desktop_entry_opens_files_of_the_types_that_are_declared() -> None:
    entry = ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read(PACKAGING / "desktop" / "negnn-gui.desktop", encoding="utf-8")
    section = entry["Desktop Entry"]
    assert section["Exec"] == "negnn-gui %F"
    assert section["Icon"] == "negnn-gui"
    assert "chemical/x-cif" in section["MimeType"].split(";")


def test_mime_types_cover_cif_and_magnetic_cif() -> None:
    namespace = "{http://www.freedesktop.org/standards/shared-mime-info}"
    tree = ElementTree.parse(PACKAGING / "desktop" / "negnn-gui-mime.xml")
    mime = next(t for t in tree.iter(f"{namespace}mime-type") if t.get("type") == "chemical/x-cif")
    assert {glob.get("pattern") for glob in mime.iter(f"{namespace}glob")} == {"*.cif", "*.mcif"}
    assert [alias.get("type") for alias in mime.iter(f"{namespace}alias")] == ["application/x-cif"]


def test_appstream_names_the_desktop_entry_and_this_version() -> None:
    tree = ElementTree.parse(PACKAGING / "desktop" / "io.github.negnn_gui.metainfo.xml")
    assert tree.findtext("launchable") == "negnn-gui.desktop"
    versions = [release.get("version") for release in tree.iter("release")]
    assert _project()["version"] in versions


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("desktop-file-validate", ["negnn-gui.desktop"]),
        ("appstreamcli", ["validate", "--no-net", "io.github.negnn_gui.metainfo.xml"]),
    ],
)
def test_the_desktop_accepts_the_files(tool: str, arguments: list[str]) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed (packaging/system-packages-checks.txt)")
    done = subprocess.run(
        [tool, *arguments], cwd=PACKAGING / "desktop", capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not re.search(r"\b(error|warning|hint):|^[EW]: ", said, flags=re.MULTILINE), said


def test_the_mime_database_takes_the_type(tmp_path: Path) -> None:
    if shutil.which("update-mime-database") is None:
        pytest.skip("update-mime-database is not installed (packaging/system-packages-checks.txt)")
    (tmp_path / "packages").mkdir()
    shutil.copy(PACKAGING / "desktop" / "negnn-gui-mime.xml", tmp_path / "packages")
    done = subprocess.run(["update-mime-database", tmp_path], capture_output=True, text=True, check=True)
    assert "error" not in done.stderr.lower()
    globs = (tmp_path / "globs2").read_text(encoding="utf-8")
    assert {"50:chemical/x-cif:*.cif", "50:chemical/x-cif:*.mcif"} <= set(globs.splitlines())
    assert (tmp_path / "aliases").read_text(encoding="utf-8") == "application/x-cif chemical/x-cif\n"


# --- workflows --------------------------------------------------------------------------------------


def test_workflows_serve_three_systems_and_run_what_exists() -> None:
    from ruamel.yaml import YAML

    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for workflow in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        jobs = YAML(typ="safe").load(workflow.read_text(encoding="utf-8"))["jobs"]
        systems = next(job["strategy"]["matrix"]["system"] for job in jobs.values() if "strategy" in job)
        assert {name.split("-")[0] for name in systems} == {"ubuntu", "macos", "windows"}
        commands = "\n".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
        assert set(re.findall(r"\bmake (\w+)", commands)) <= targets
        for script in re.findall(r"packaging/[\w/.-]+", commands):
            assert (ROOT / script).exists(), f"{workflow.name} runs {script}, which is not there"
