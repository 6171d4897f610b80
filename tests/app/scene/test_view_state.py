"""Views as plain data: what JSON keeps comes back, what makes no sense is refused in one sentence."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from negnn_gui.app.scene.camera import Camera, default_camera
from negnn_gui.app.scene.colouring import Colouring
from negnn_gui.app.scene.style import Slab, Style
from negnn_gui.app.scene.view_state import (
    KeptView,
    ViewStates,
    colouring_from_dict,
    colouring_to_dict,
    style_from_dict,
    style_to_dict,
)

RICH = Style(
    atoms="sticks",
    bonds=True,
    cell=False,
    supercell=((1, 1, 0), (-1, 1, 0), (0, 0, 2)),
    complete="molecules",
    moments="radius",
    moment_length=0.7,
    moment_axis=(1, 1, 0),
    hidden=frozenset({"O", "La"}),
    polyhedra=frozenset({"Mn"}),
    bond_rule="crystalnn",
    bond_scale=1.2,
    bond_limits=(("Mn", "O", 2.5), ("O", "O", 0.0)),
    slab=Slab((1, 1, 0), None, 3.5),
    perspective=True,
)


@pytest.mark.parametrize("style", [Style(), RICH])
def test_a_style_survives_json(style: Style) -> None:
    assert style_from_dict(json.loads(json.dumps(style_to_dict(style)))) == style


@pytest.mark.parametrize(
    "colouring", [Colouring(), Colouring("input", "jmol", "blue-red", (-2.0, 2.0)), Colouring("ood")]
)
def test_a_colouring_survives_json(colouring: Colouring) -> None:
    assert colouring_from_dict(json.loads(json.dumps(colouring_to_dict(colouring)))) == colouring


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("atoms", "cubes"),
        ("supercell", [0, 1, 1]),
        ("supercell", "big"),
        ("slab", {"normal": [0, 0]}),
        ("bond_limits", [["Fe", "O"]]),
        ("moment_axis", [0, 0, 0]),
    ],
)
def test_a_style_that_makes_no_sense_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        style_from_dict({field: value})


def test_taste_holds_for_all_structures_and_a_supercell_for_one() -> None:
    views = ViewStates()
    assert views.set_style(replace(Style(), atoms="sticks", supercell=(2, 1, 1)), "first")
    assert views.style("first") == Style(atoms="sticks", supercell=(2, 1, 1))
    assert views.style("second") == Style(atoms="sticks")
    assert not views.set_style(views.style("first"), "first")
    views.set_style(Style(), "first")
    assert views.style("first") == views.style("second") == Style()


def test_views_survive_json_under_other_ids() -> None:
    views = ViewStates()
    views.set_style(RICH, "old-1")
    camera = default_camera().looking(np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0]))
    views.cameras["old-1"] = KeptView(replace(camera, half_height=7.5), fitted=False)
    saved = json.loads(json.dumps(views.to_dict(["old-1", "old-2"])))
    restored = ViewStates.from_dict(saved, {"old-1": "new-1"})
    assert restored.style("new-1") == RICH
    assert restored.general.atoms == "sticks" and restored.general.supercell == (1, 1, 1)
    kept = restored.cameras["new-1"]
    np.testing.assert_allclose(kept.camera.back, camera.back)
    assert (kept.camera.half_height, kept.fitted) == (7.5, False)
    assert list(restored.cameras) == ["new-1"]


@pytest.mark.parametrize(
    "change",
    [{"focal_A": [0, 0]}, {"back": [0, 0, 0]}, {"half_height_A": -1}, {"up": None}, {"back": [0, 1, 0]}],
)
def test_a_camera_that_looks_nowhere_is_refused(change: dict[str, object]) -> None:
    data = {**default_camera().to_dict(), **change}
    with pytest.raises(ValueError, match="camera cannot be restored"):
        Camera.from_dict(data)


def test_a_newer_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 99"):
        ViewStates.from_dict({"version": 99})
