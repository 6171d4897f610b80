"""Shipped and user models: listed, chosen, installed, verified, removed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from negnn_gui import locations
from negnn_gui.models import registry
from negnn_gui.models.checkpoint import ModelFileError, TamperedModelError, WrongKindError, save_model
from negnn_gui.models.registry import UnknownModelError


def make_model(parent: Path, model_id: str, kind: str = "encoder", folder: str | None = None) -> Path:
    path = parent / (folder or model_id)
    config: dict[str, Any] = {"id": model_id, "kind": kind, "architecture": {}, "graph_spec": {}}
    save_model(path, config, {"w": torch.arange(3.0)}, f"# {model_id}\n")
    return path


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(locations, "resources_dir", lambda: tmp_path / "resources")
    monkeypatch.setattr(locations, "user_data_dir", lambda: tmp_path / "data")
    folder = tmp_path / "resources" / "models"
    make_model(folder, "encoder-1")
    make_model(folder, "moment-1", kind="moment")
    (folder / "defaults.json").write_text('{"encoder": "encoder-1", "moment": "moment-1"}')
    return folder


@pytest.fixture
def user(shipped: Path) -> Path:
    folder = shipped.parents[1] / "data" / "models"
    make_model(folder, "mine")
    return folder


def ids() -> list[tuple[str, str]]:
    return [(info.id, info.origin) for info in registry.list_models()]


@pytest.mark.usefixtures("user")
def test_shipped_models_come_first() -> None:
    assert ids() == [("encoder-1", "shipped"), ("moment-1", "shipped"), ("mine", "user")]
    assert [info.id for info in registry.list_models("moment")] == ["moment-1"]


def test_nothing_installed_is_an_empty_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locations, "resources_dir", lambda: tmp_path)
    monkeypatch.setattr(locations, "user_data_dir", lambda: tmp_path / "none")
    assert registry.list_models() == []
    with pytest.raises(UnknownModelError, match="none installed"):
        registry.get("x")
    with pytest.raises(UnknownModelError, match="no default model of kind “moment”"):
        registry.default_id("moment")


@pytest.mark.usefixtures("shipped")
def test_get_gives_everything_known() -> None:
    info = registry.get("encoder-1", "encoder")
    assert (info.id, info.kind, info.origin, info.fault) == ("encoder-1", "encoder", "shipped", None)
    assert info.sha256 == (info.folder / "sha256").read_text().strip()
    assert info.config["id"] == "encoder-1"
    assert info.ref.id == "encoder-1"
    assert info.ref.sha256 == info.sha256
    assert info.card() == "# encoder-1\n"
    registry.verify(info)


@pytest.mark.usefixtures("shipped")
def test_unknown_and_wrong_kind_say_so() -> None:
    with pytest.raises(UnknownModelError, match="did you mean encoder-1"):
        registry.get("encoder-l")
    with pytest.raises(UnknownModelError, match="there is encoder-1, moment-1"):
        registry.get("zzz")
    with pytest.raises(WrongKindError, match="not “moment”"):
        registry.get("encoder-1", "moment")


@pytest.mark.parametrize(
    "model_id", ["../models/encoder-1", "/etc", ".", "..", "", "encoder-1/", "a\\b", "a\0b"]
)
def test_paths_are_not_names(user: Path, model_id: str) -> None:
    for use in (registry.get, registry.remove):
        with pytest.raises(UnknownModelError):
            use(model_id)
    with pytest.raises(ModelFileError, match="cannot name a model"):
        registry.new_folder(model_id)
    assert len(ids()) == 3


def test_defaults(shipped: Path) -> None:
    assert registry.default_id("encoder") == "encoder-1"
    assert registry.default_id("moment") == "moment-1"
    for content in ("", "[]", "3", "{}"):
        (shipped / "defaults.json").write_text(content)
        with pytest.raises(UnknownModelError, match="no default model"):
            registry.default_id("encoder")


def test_broken_folders_are_listed_with_their_fault(user: Path) -> None:
    (user / "empty").mkdir()
    (user / "not a name").mkdir()
    make_model(user, "cut")
    (user / "cut" / "config.json").write_text("{")
    make_model(user, "newer")
    stored = json.loads((user / "newer" / "config.json").read_text())
    (user / "newer" / "config.json").write_text(json.dumps(stored | {"format_version": 99}))
    make_model(user, "no-weights")
    (user / "no-weights" / "weights.safetensors").unlink()
    make_model(user, "other-name", folder="renamed")
    make_model(user, "moment-1")
    (user / ".mine.123-ab.new").mkdir()
    (user / "stray.txt").write_text("")
    faults = {(info.id, info.origin): info.fault for info in registry.list_models()}
    expected = {
        "empty": "config.json is missing",
        "not a name": "config.json is missing",
        "cut": "cannot be read",
        "newer": "newer version of the program",
        "no-weights": "weights.safetensors is missing",
        "renamed": "holds the model other-name",
        "moment-1": "the same name",
    }
    for name, reason in expected.items():
        assert reason in str(faults.pop((name, "user"))), name
    assert faults == {("encoder-1", "shipped"): None, ("moment-1", "shipped"): None, ("mine", "user"): None}
    assert [info.id for info in registry.list_models("encoder")] == ["encoder-1", "mine"]
    assert registry.get("moment-1").origin == "shipped"
    with pytest.raises(ModelFileError, match=r"cut: .*cannot be read"):
        registry.get("cut")
    broken = next(info for info in registry.list_models() if info.id == "newer")
    with pytest.raises(ModelFileError, match="newer version"):
        registry.verify(broken)
    assert "no readable card" in next(info for info in registry.list_models() if info.id == "empty").card()


def test_verify_reads_the_weights(user: Path) -> None:
    info = registry.get("mine")
    path = user / "mine" / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    assert registry.get("mine").fault is None  # listing does not read weights
    with pytest.raises(TamperedModelError, match=r"weights\.safetensors has changed"):
        registry.verify(info)


def test_verify_notices_a_replaced_model(user: Path) -> None:
    info = registry.get("mine")
    config: dict[str, Any] = {"id": "mine", "kind": "encoder", "architecture": {}, "graph_spec": {}}
    save_model(user / "mine", config, {"w": torch.zeros(1)}, "# mine")
    with pytest.raises(ModelFileError, match="replaced"):
        registry.verify(info)


@pytest.mark.usefixtures("shipped")
def test_install_copies_a_sound_model(tmp_path: Path) -> None:
    source = make_model(tmp_path / "elsewhere", "fresh", folder="any-folder")
    (source / "golden.npz").write_bytes(b"golden")
    (source / "code.pkl").write_bytes(b"never copied")
    info = registry.install(source)
    assert info.folder == registry.user_models_dir() / "fresh"
    assert info.origin == "user"
    assert (info.folder / "golden.npz").read_bytes() == b"golden"
    assert not (info.folder / "code.pkl").exists()
    registry.verify(info)
    with pytest.raises(ModelFileError, match="installed already"):
        registry.install(source)


def test_install_refuses_what_is_not_sound(shipped: Path, tmp_path: Path) -> None:
    source = make_model(tmp_path / "elsewhere", "fresh")
    (source / "weights.safetensors").write_bytes(b"")
    with pytest.raises(TamperedModelError):
        registry.install(source)
    with pytest.raises(ModelFileError, match=r"config\.json is missing"):
        registry.install(tmp_path)
    with pytest.raises(ModelFileError, match="installed already"):
        registry.install(shipped / "encoder-1")
    assert not registry.user_models_dir().exists()


@pytest.mark.usefixtures("shipped")
def test_names_are_taken_whatever_their_case() -> None:
    with pytest.raises(ModelFileError, match="installed already"):
        registry.new_folder("Encoder-1")


def test_remove_takes_only_the_users_models(user: Path, shipped: Path) -> None:
    (user / "empty").mkdir()
    registry.remove("mine")
    registry.remove("empty")
    assert list(user.iterdir()) == []
    with pytest.raises(ModelFileError, match="ships with the program"):
        registry.remove("encoder-1")
    assert (shipped / "encoder-1" / "config.json").exists()
    with pytest.raises(UnknownModelError):
        registry.remove("mine")


def test_remove_takes_the_users_copy_of_a_shipped_name(user: Path, shipped: Path) -> None:
    make_model(user, "moment-1")
    registry.remove("moment-1")
    assert not (user / "moment-1").exists()
    assert (shipped / "moment-1").exists()


def test_remove_unlinks_a_linked_folder(user: Path, tmp_path: Path) -> None:
    target = make_model(tmp_path / "elsewhere", "linked")
    (user / "linked").symlink_to(target, target_is_directory=True)
    registry.remove("linked")
    assert target.is_dir()
    assert not (user / "linked").exists()


def test_listing_imports_no_torch(user: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from negnn_gui import locations\n"
        f"locations.resources_dir = lambda: Path({str(user.parents[1] / 'resources')!r})\n"
        f"locations.user_data_dir = lambda: Path({str(user.parent)!r})\n"
        "from negnn_gui.models import registry\n"
        "infos = registry.list_models(); [registry.verify(info) for info in infos]\n"
        "assert len(infos) == 3 and 'torch' not in sys.modules and 'pymatgen' not in sys.modules\n"
    )
    package_root = Path(locations.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=package_root)
