"""Settings that cannot be trusted are set aside and kept; settings that cannot be written are said once."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from negnn_gui import locations
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.settings_file import VERSION


@pytest.fixture
def file(own_settings, qapp) -> Path:
    path = locations.user_config_dir() / "settings.ini"
    path.parent.mkdir(parents=True)
    return path


def written(path: Path, **values: str) -> bytes:
    settings = QSettings(str(path), QSettings.Format.IniFormat)
    for key, value in values.items():
        settings.setValue(key.replace("__", "/"), value)
    settings.sync()
    return path.read_bytes()


def test_settings_of_a_newer_version_are_kept_and_not_used(file):
    before = written(file, settings__version=str(VERSION + 1), window__appearance="dark")
    preferences = Preferences()
    assert "newer version" in preferences.problem
    assert preferences.appearance == "system"
    assert (file.parent / "settings.backup-1.ini").read_bytes() == before
    preferences.appearance = "light"
    again = Preferences()
    assert (again.problem, again.appearance) == ("", "light")


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02" * 50, b"\xff\xfe\xfa[window]\n", b"[window\nappearance", b"just words\n"]
)
def test_damaged_settings_are_kept_and_begun_anew(file, data):
    file.write_bytes(data)
    (file.parent / "settings.backup-1.ini").write_text("an older backup")
    preferences = Preferences()
    assert "damaged" in preferences.problem
    assert preferences.problem.count("\n") == 0
    assert (file.parent / "settings.backup-2.ini").read_bytes() == data
    assert (file.parent / "settings.backup-1.ini").read_text() == "an older backup"


def test_sound_settings_are_left_alone(file):
    preferences = Preferences()
    preferences.add_recent([Path("/data/a=b; c.cif"), Path("/data/Übung\n2.cif")])
    preferences.shortcuts = {"file/open": "Ctrl+P"}
    again = Preferences()
    assert again.problem == ""
    assert again.shortcuts == {"file/open": "Ctrl+P"}
    assert len(again.recent) == 2


@pytest.mark.parametrize("value", ["-1", "0", "1000", "many", "", "9" * 400])
def test_numbers_that_make_no_sense_are_the_usual_ones(file, value):
    written(file, window__font_percent=value, predict__threads=value, export__image_scale=value)
    preferences = Preferences()
    assert (preferences.font_percent, preferences.image_scale) == (100, 2)
    assert preferences.threads in (1, 1000 if value == "1000" else 1)


def test_a_home_that_cannot_be_written_is_said_once(own_settings, qapp, qtbot, tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder of the settings should be")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(blocked))
    preferences = Preferences()
    said: list[str] = []
    preferences.unwritable.connect(said.append)
    preferences.auto_predict = False
    preferences.appearance = "dark"
    assert preferences.appearance == "dark", "it holds as long as the window"
    assert len(said) == 1
    assert str(blocked) in said[0]
    assert blocked.is_file()
