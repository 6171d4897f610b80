"""Settings: kept between runs, and harmless when damaged."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray

from negnn_gui import locations
from negnn_gui.app.preferences import N_RECENT, Preferences


def settings_file() -> Path:
    return locations.user_config_dir() / "settings.ini"


def test_choices_survive_a_restart(qapp, preferences):
    preferences.auto_predict = False
    preferences.appearance = "dark"
    preferences.folder = "/data"
    preferences.save_layout(QByteArray(b"geometry"), QByteArray(b"docks"))
    again = Preferences()
    assert (again.auto_predict, again.appearance, again.folder) == (False, "dark", "/data")
    assert again.layout == (QByteArray(b"geometry"), QByteArray(b"docks"))


def test_settings_lie_in_the_users_folder(qapp, preferences, tmp_path):
    preferences.save_layout(QByteArray(b""), QByteArray(b""))
    assert settings_file().is_file()
    assert settings_file().is_relative_to(tmp_path)


def test_recent_files_latest_first_each_once_and_at_most_ten(qapp, preferences, tmp_path):
    paths = [tmp_path / f"{number}.cif" for number in range(N_RECENT + 3)]
    for path in paths:
        preferences.add_recent([path])
    preferences.add_recent([paths[5]])
    assert preferences.recent[:2] == [paths[5], paths[-1]]
    assert len(preferences.recent) == N_RECENT == len(set(preferences.recent))
    preferences.clear_recent()
    assert Preferences().recent == []


def test_a_single_recent_file_comes_back_as_a_list(qapp, preferences, tmp_path):
    preferences.add_recent([tmp_path / "a,b; c.cif"])
    assert Preferences().recent == [tmp_path / "a,b; c.cif"]


def test_damaged_settings_are_the_usual_ones(qapp):
    settings_file().parent.mkdir(parents=True)
    settings_file().write_bytes(b"\x00\xff[[[window\nlayout_version=1\ngeometry=@Garbage(\nappearance=purple")
    preferences = Preferences()
    assert preferences.appearance == "system"
    assert preferences.auto_predict
    assert preferences.layout is None
    assert preferences.recent == []
