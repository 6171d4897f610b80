"""Where the program finds its resources and the user's files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from negnn_gui import locations

ROOT = Path(__file__).resolve().parent.parent


def _resources_in(folder: Path) -> Path:
    (folder / "examples").mkdir(parents=True)
    return folder


def _pretend_installed_in(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(locations, "__file__", str(package / "locations.py"))


def test_checkout_has_them_beside_the_package() -> None:
    assert locations.resources_dir() == ROOT / "resources"
    assert (locations.resources_dir() / "examples" / "NiO.cif").is_file()


def test_wheel_has_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "negnn_gui"
    _pretend_installed_in(package, monkeypatch)
    _resources_in(tmp_path / "site-packages" / "resources")  # another package's folder of that name
    carried = _resources_in(package / "_resources")
    assert locations.resources_dir() == carried


def test_bundle_has_them_where_it_was_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked = _resources_in(tmp_path / "bundle" / "resources")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "bundle"), raising=False)
    assert locations.resources_dir() == unpacked


def test_missing_resources_are_named_with_the_places_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pretend_installed_in(tmp_path / "negnn_gui", monkeypatch)
    with pytest.raises(FileNotFoundError, match=r"_resources.*reinstall negnn-gui"):
        locations.resources_dir()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="XDG variables are Linux's")
def test_user_folders_follow_the_xdg_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, folder in (
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_STATE_HOME", "state"),
    ):
        monkeypatch.setenv(variable, str(tmp_path / folder))
    assert locations.user_data_dir() == tmp_path / "data" / "negnn-gui"
    assert locations.user_cache_dir() == tmp_path / "cache" / "negnn-gui"
    assert (tmp_path / "state") in locations.user_log_dir().parents


def test_training_data_is_the_folder_given_before_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, given = tmp_path / "named", tmp_path / "given"
    named.mkdir()
    given.mkdir()
    monkeypatch.setenv("NEGNN_DATA", str(named))
    assert locations.training_data_dir() == named
    assert locations.training_data_dir(given) == given


def test_training_data_has_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEGNN_DATA", raising=False)
    with pytest.raises(FileNotFoundError, match="--data DIR or set NEGNN_DATA"):
        locations.training_data_dir()


def test_a_folder_of_reference_files_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEGNN_REFERENCE", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        locations.reference_dir()
