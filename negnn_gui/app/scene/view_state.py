"""How each open structure is seen: style, camera, colours, as plain data that sessions keep and undo restores.

A ``Style`` has two parts. Most of it is taste and holds for all structures (balls or sticks, the cell, the
projection); ``OWN_FIELDS`` belong to one structure (its supercell, its hidden elements, its slab).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from negnn_gui.app.scene.camera import Camera
from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.style import Slab, Style

OWN_FIELDS = (
    "supercell",
    "complete",
    "hidden",
    "polyhedra",
    "bond_rule",
    "bond_limits",
    "slab",
    "moment_axis",
    "moment_length",
)
_VERSION = 1


@dataclass(frozen=True, eq=False)
class KeptView:
    """Where a structure is seen from; ``fitted``: nobody moved it, it fills whatever view it is shown in."""

    camera: Camera
    fitted: bool = True


class ViewStates:
    """The styles and cameras of structures, by entry id.

    Closed structures keep theirs, so that one whose closing is undone looks as it did.
    """

    def __init__(self) -> None:
        self.general = Style()
        self._own: dict[str, dict[str, Any]] = {}
        self.cameras: dict[str, KeptView] = {}

    def style(self, entry_id: str | None) -> Style:
        """How a structure is drawn; None: how one would be that nothing was chosen for."""
        return self.general if entry_id is None else replace(self.general, **self._own.get(entry_id, {}))

    def set_style(self, style: Style, entry_id: str | None) -> bool:
        """Draw a structure like this, and all others where the style is not one structure's own.

        Returns
        -------
        bool
            Whether anything changed.
        """
        before = self.style(entry_id)
        if style == before:
            return False
        plain = {name: getattr(Style(), name) for name in OWN_FIELDS}
        self.general = replace(style, **plain)
        if entry_id is not None:
            own = {name: getattr(style, name) for name in OWN_FIELDS}
            self._own[entry_id] = {name: value for name, value in own.items() if value != plain[name]}
        return True

    def take_over(self, other: ViewStates) -> None:
        """Become like ``other``; whoever holds ``cameras`` goes on holding the right ones."""
        self.general = other.general
        self._own.clear()
        self._own.update(other._own)
        self.cameras.clear()
        self.cameras.update(other.cameras)

    def to_dict(self, entry_ids: Iterable[str]) -> dict[str, Any]:
        """What JSON keeps of the general style and of these structures; see ``from_dict``."""
        structures: dict[str, Any] = {}
        for entry_id in entry_ids:
            kept = self.cameras.get(entry_id)
            own = style_to_dict(self.style(entry_id))
            structures[entry_id] = {
                "style": {name: own[name] for name in OWN_FIELDS},
                "camera": None if kept is None else {**kept.camera.to_dict(), "fitted": kept.fitted},
            }
        return {"version": _VERSION, "general": style_to_dict(self.general), "structures": structures}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], renamed: Mapping[str, str] | None = None) -> ViewStates:
        """The states of a ``to_dict``.

        Parameters
        ----------
        renamed : mapping or None
            Id in the data -> id in the running program; structures that are not in it are left out.

        Raises
        ------
        ValueError
            The data describe none, or a newer program wrote them; one sentence.
        """
        if data.get("version") != _VERSION:
            raise ValueError(
                f"the views were saved as version {data.get('version')!r}, this program reads {_VERSION}"
            )
        states = cls()
        states.general = style_from_dict(data.get("general", {}))
        for saved_id, kept in data.get("structures", {}).items():
            entry_id = saved_id if renamed is None else renamed.get(saved_id)
            if entry_id is None:
                continue
            states.set_style(
                style_from_dict({**style_to_dict(states.general), **kept.get("style", {})}), entry_id
            )
            camera = kept.get("camera")
            if camera is not None:
                states.cameras[entry_id] = KeptView(
                    Camera.from_dict(camera), bool(camera.get("fitted", False))
                )
        return states


def style_to_dict(style: Style) -> dict[str, Any]:
    """A style as JSON holds it: sets as sorted lists, tuples as lists."""
    return {name: _plain(value) for name, value in asdict(style).items()}


def style_from_dict(data: Mapping[str, Any]) -> Style:
    """The style of a ``style_to_dict``; what is missing is as usual, what is unknown is ignored.

    Raises
    ------
    ValueError
        A value cannot be used; one sentence.
    """
    given: dict[str, Any] = {}
    hints = get_type_hints(Style)
    for field in fields(Style):
        if field.name not in data:
            continue
        value = data[field.name]
        try:
            given[field.name] = _restored(field.name, value, hints[field.name])
        except (TypeError, ValueError, KeyError) as error:
            raise ValueError(f"the style's {field.name} cannot be {value!r}") from error
    style = Style(**given)
    style.check()
    return style


def colouring_to_dict(colouring: Colouring) -> dict[str, Any]:
    """A colouring as JSON holds it."""
    return {name: _plain(value) for name, value in asdict(colouring).items()}


def colouring_from_dict(data: Mapping[str, Any]) -> Colouring:
    """The colouring of a ``colouring_to_dict``.

    Raises
    ------
    ValueError
        A value cannot be used; one sentence.
    """
    known = {field.name for field in fields(Colouring)}
    given = {name: value for name, value in data.items() if name in known}
    if given.get("limits") is not None:
        lo, hi = given["limits"]
        given["limits"] = (float(lo), float(hi))
    return Colouring(**given)


def _restored(name: str, value: Any, hint: Any) -> Any:
    """A value of JSON as the style has it."""
    if name == "supercell":
        rows = [tuple(map(int, row)) if isinstance(row, list | tuple) else int(row) for row in value]
        return tuple(rows)
    if name in ("hidden", "polyhedra"):
        return frozenset(str(symbol) for symbol in value)
    if name == "bond_limits":
        return tuple((str(first), str(second), float(limit)) for first, second, limit in value)
    if name == "slab":
        return None if value is None else Slab(_triple(value["normal"]), _end(value["lo"]), _end(value["hi"]))
    if name == "moment_axis":
        return _triple(value)
    if name in ("bond_scale", "moment_length"):
        return _end(value)
    if name == "bonds":
        return None if value is None else bool(value)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{value!r} is not one of {get_args(hint)}")
        return value
    return bool(value)


def _triple(value: Any) -> tuple[int, int, int]:
    first, second, third = (int(number) for number in value)
    return first, second, third


def _end(value: Any) -> float | None:
    return None if value is None else float(value)


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value
