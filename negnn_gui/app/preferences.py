"""What is remembered between runs: window, recent files, choices; one INI file."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from negnn_gui import locations
from negnn_gui.app.settings_file import open_settings, stamp
from negnn_gui.app.table_formats import TABLE_FORMATS

logger = logging.getLogger(__name__)

N_RECENT = 10
N_CLUSTERS = 5
APPEARANCES = ("system", "light", "dark")
DISORDER_CHOICES = ("ask", "majority", "enumerate", "skip")
ELEMENT_COLOURS = ("vesta", "jmol", "colour-blind")
FONT_PERCENT = (75, 200)
IMAGE_SCALE = (1, 8)
MOST_THREADS = 256
_LAYOUT_VERSION = 4  # raise when docks are added or renamed: an older arrangement is then not restored


class Preferences(QObject):
    """Typed access to the settings file; a value that makes no sense counts as not set.

    With ``remember=False`` nothing is written and windows stand in their first arrangement: an unattended run
    must not depend on earlier runs, nor show in later ones.

    ``recent_changed`` follows the list of recent files, ``changed`` any other choice (it carries the name of the
    property); ``unwritable`` carries a sentence, once, where the file cannot be written.

    Attributes
    ----------
    problem : str
        Why the settings had to be reset at the start, one sentence; "" where they had not.
    """

    recent_changed = Signal()
    changed = Signal(str)
    unwritable = Signal(str)

    def __init__(self, parent: QObject | None = None, *, remember: bool = True) -> None:
        super().__init__(parent)
        self._remember = remember
        self._path = locations.user_config_dir() / "settings.ini"
        self._complained = False
        self._settings, self.problem = open_settings(self._path)

    @property
    def remembers(self) -> bool:
        """Whether choices are kept for the next run."""
        return self._remember

    # --- predicting ---------------------------------------------------------------------------------

    @property
    def auto_predict(self) -> bool:
        """Whether structures are predicted as soon as they are opened."""
        return self._flag("predict/automatically", True)

    @auto_predict.setter
    def auto_predict(self, wanted: bool) -> None:
        self._choose("auto_predict", "predict/automatically", wanted)

    @property
    def disorder(self) -> str:
        """What to do with shared and partly empty sites before a prediction: one of ``DISORDER_CHOICES``."""
        return self._choice("predict/disorder", DISORDER_CHOICES)

    @disorder.setter
    def disorder(self, value: str) -> None:
        self._choose("disorder", "predict/disorder", value)

    @property
    def device(self) -> str:
        """Device that predicts: "auto", "cpu", "cuda:1", ..."""
        return self._text("predict/device") or "auto"

    @device.setter
    def device(self, value: str) -> None:
        self._choose("device", "predict/device", value)

    @property
    def threads(self) -> int:
        """Threads of the CPU that predict."""
        return self._number("predict/threads", 1, 1, MOST_THREADS)

    @threads.setter
    def threads(self, value: int) -> None:
        self._choose("threads", "predict/threads", value)

    @property
    def model(self) -> str:
        """Id of the moment model; "" for the default one."""
        return self._text("predict/model")

    @model.setter
    def model(self, value: str) -> None:
        self._choose("model", "predict/model", value)

    @property
    def clusters(self) -> tuple[str, ...]:
        """Addresses of Dask schedulers that screenings were given, the last one first."""
        return tuple(word for word in self._text("predict/clusters").split("\n") if word)

    def remember_cluster(self, address: str) -> None:
        """Offer an address again."""
        addresses = dict.fromkeys((address, *self.clusters))
        self._choose("clusters", "predict/clusters", "\n".join(list(addresses)[:N_CLUSTERS]))

    # --- looks --------------------------------------------------------------------------------------

    @property
    def appearance(self) -> str:
        """One of ``APPEARANCES``."""
        return self._choice("window/appearance", APPEARANCES)

    @appearance.setter
    def appearance(self, value: str) -> None:
        self._choose("appearance", "window/appearance", value)

    @property
    def font_percent(self) -> int:
        """Size of all letters in percent of the system's."""
        return self._number("window/font_percent", 100, *FONT_PERCENT)

    @font_percent.setter
    def font_percent(self, value: int) -> None:
        self._choose("font_percent", "window/font_percent", value)

    @property
    def element_colours(self) -> str:
        """Set of element colours: one of ``ELEMENT_COLOURS``."""
        return self._choice("colours/elements", ELEMENT_COLOURS)

    @element_colours.setter
    def element_colours(self, value: str) -> None:
        self._choose("element_colours", "colours/elements", value)

    # --- exports ------------------------------------------------------------------------------------

    @property
    def table_format(self) -> str:
        """Format that the dialog for the sites table offers first: one of ``TABLE_FORMATS``."""
        return self._choice("export/table", tuple(TABLE_FORMATS))

    @table_format.setter
    def table_format(self, value: str) -> None:
        self._choose("table_format", "export/table", value)

    @property
    def image_scale(self) -> int:
        """Pixels of a saved picture for each one on the screen."""
        return self._number("export/image_scale", 2, *IMAGE_SCALE)

    @image_scale.setter
    def image_scale(self, value: int) -> None:
        self._choose("image_scale", "export/image_scale", value)

    @property
    def transparent(self) -> bool:
        """Whether saved pictures have no background."""
        return self._flag("export/transparent", False)

    @transparent.setter
    def transparent(self, value: bool) -> None:
        self._choose("transparent", "export/transparent", value)

    # --- files --------------------------------------------------------------------------------------

    @property
    def folder(self) -> str:
        """Folder of the last file dialog."""
        return self._text("files/folder")

    @folder.setter
    def folder(self, value: str) -> None:
        self._set("files/folder", value)

    @property
    def atlas(self) -> str:
        """Name or folder of the atlas used last."""
        return self._text("map/atlas")

    @atlas.setter
    def atlas(self, value: str) -> None:
        self._set("map/atlas", value)

    @property
    def recent(self) -> list[Path]:
        """Files and folders opened lately, the latest first."""
        value = self._settings.value("files/recent", [])
        names = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return [Path(str(name)) for name in names if name][:N_RECENT]

    def add_recent(self, paths: list[Path]) -> None:
        """Put ``paths`` on top of the recent ones."""
        names = [str(path.absolute()) for path in reversed(paths[:N_RECENT])]
        names += [str(path) for path in self.recent]
        self._set("files/recent", list(dict.fromkeys(names))[:N_RECENT])
        self.sync()
        self.recent_changed.emit()

    def clear_recent(self) -> None:
        """Forget the recent files."""
        self._settings.remove("files/recent")
        self.recent_changed.emit()

    # --- keys and arrangements ----------------------------------------------------------------------

    @property
    def shortcuts(self) -> dict[str, str]:
        """Keys that the user gave to actions, by the id of the action; "" took them away."""
        return {name: keys for name, keys in self._mapping("keys/changed").items() if isinstance(keys, str)}

    @shortcuts.setter
    def shortcuts(self, value: Mapping[str, str]) -> None:
        self._set("keys/changed", json.dumps(dict(value)))
        self.changed.emit("shortcuts")

    @property
    def layout(self) -> tuple[QByteArray, QByteArray] | None:
        """Window geometry and arrangement of docks as they were left."""
        if not self._remember or self._settings.value("window/layout_version") != str(_LAYOUT_VERSION):
            return None
        geometry, docks = self._settings.value("window/geometry"), self._settings.value("window/docks")
        if not isinstance(geometry, QByteArray) or not isinstance(docks, QByteArray):
            return None
        return geometry, docks

    def save_layout(self, geometry: QByteArray, docks: QByteArray) -> None:
        """Remember the window for the next run."""
        self._set("window/layout_version", str(_LAYOUT_VERSION))
        self._set("window/geometry", geometry)
        self._set("window/docks", docks)
        self.sync()

    @property
    def own_layouts(self) -> dict[str, QByteArray]:
        """Arrangements of docks that the user saved, by name; those of older docks are left out."""
        found = self._mapping(f"layouts/version{_LAYOUT_VERSION}")
        return {n: QByteArray.fromBase64(v.encode()) for n, v in found.items() if isinstance(v, str)}

    def save_own_layout(self, name: str, docks: QByteArray | None) -> None:
        """Keep an arrangement under a name; None forgets it."""
        kept = {n: bytes(v.toBase64().data()).decode() for n, v in self.own_layouts.items() if n != name}
        if docks is not None:
            kept[name] = bytes(docks.toBase64().data()).decode()
        self._set(f"layouts/version{_LAYOUT_VERSION}", json.dumps(kept))
        self.changed.emit("own_layouts")

    # --- the file -----------------------------------------------------------------------------------

    def sync(self) -> None:
        """Write what has changed; where that fails, say so once."""
        if not self._remember:
            return
        self._settings.sync()
        if self._settings.status() == QSettings.Status.AccessError and not self._complained:
            self._complained = True
            logger.warning("the settings cannot be written to %s", self._path)
            self.unwritable.emit(
                f"The settings cannot be saved in {self._path.parent}: make the folder writable, or free some "
                "space; until then choices last as long as the window."
            )

    def say_no_more(self) -> None:
        """The user knows already that the file cannot be written."""
        self._complained = True

    def _choose(self, name: str, key: str, value: bool | int | str) -> None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if self._settings.value(key) != text:
            self._set(key, text)
            self.sync()
            self.changed.emit(name)

    def _set(self, key: str, value: object) -> None:
        if self._remember:
            stamp(self._settings)
            self._settings.setValue(key, value)

    def _text(self, key: str) -> str:
        value = self._settings.value(key, "")
        return value if isinstance(value, str) else ""

    def _choice(self, key: str, allowed: Sequence[str]) -> str:
        """One of the allowed values; the first of them where nothing sensible is set."""
        value = self._text(key)
        return value if value in allowed else allowed[0]

    def _flag(self, key: str, usual: bool) -> bool:
        return {"true": True, "false": False}.get(self._text(key).lower(), usual)

    def _number(self, key: str, usual: int, least: int, most: int) -> int:
        text = self._text(key)
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else usual
        return value if least <= value <= most else usual

    def _mapping(self, key: str) -> dict[str, object]:
        try:
            value = json.loads(self._text(key) or "{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}
