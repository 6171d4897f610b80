"""The model folder: what is written is read back, and nothing else is."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from negnn_gui.models import checkpoint, upgrades
from negnn_gui.models.checkpoint import (
    ModelFileError,
    NewerFormatError,
    TamperedModelError,
    WrongKindError,
    load_model,
    read_config,
    save_model,
    verify_model,
)
from negnn_gui.models.upgrades import UpgradeStep

CARD = "# A model\n\nFor tests.\n"


def config(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": "small-1",
        "kind": "encoder",
        "architecture": {"encoder": {"width": 4}},
        "graph_spec": {"cutoff": 8.0},
        "labels": {"unit": "μB", "elements": [26, 28]},
    }
    return base | changes


def weights() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "encoder.a": torch.rand(3, 4, generator=generator),
        "encoder.count": torch.tensor(7),
        "encoder.transposed": torch.rand(4, 3, generator=generator).t(),
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "small-1"
    save_model(path, config(), weights(), CARD)
    return path


def rewrite_config(folder: Path, reseal: bool, **changes: Any) -> None:
    """Change entries of config.json; with ``reseal`` make the identity agree with them."""
    path = folder / "config.json"
    stored = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(stored))
    if reseal:
        (folder / "sha256").write_text(checkpoint.config_sha256(stored))


def test_round_trip(folder: Path) -> None:
    loaded, tensors = load_model(folder)
    assert {key: loaded[key] for key in config()} == config()
    assert loaded["format_version"] == upgrades.FORMAT_VERSION
    assert set(tensors) == set(weights())
    for name, tensor in weights().items():
        assert torch.equal(tensors[name], tensor)
        assert tensors[name].dtype == tensor.dtype
    assert (folder / "README.md").read_text() == CARD
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md", "config.json", "sha256", "weights.safetensors",
    ]  # fmt: skip


def test_identity_is_that_of_weights_and_config(tmp_path: Path) -> None:
    same = [save_model(tmp_path / str(i), config(), weights(), CARD) for i in range(2)]
    other_config = save_model(tmp_path / "c", config(labels={}), weights(), CARD)
    changed = weights() | {"encoder.count": torch.tensor(8)}
    other_weights = save_model(tmp_path / "w", config(), changed, CARD)
    assert same[0] == same[1]
    assert len({same[0], other_config, other_weights}) == 3
    assert verify_model(tmp_path / "w") == read_config(tmp_path / "w")[1] == other_weights


def test_layout_of_the_json_does_not_matter(folder: Path) -> None:
    before = verify_model(folder)
    stored = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(dict(reversed(stored.items()))))
    assert verify_model(folder) == before


def test_tensors_that_share_memory_are_saved(tmp_path: Path) -> None:
    shared = torch.ones(4)
    save_model(tmp_path / "m", config(), {"a": shared, "b": shared}, CARD)
    _, tensors = load_model(tmp_path / "m")
    assert torch.equal(tensors["a"], tensors["b"])


def test_saving_replaces_the_whole_folder(folder: Path) -> None:
    (folder / "golden.npz").write_bytes(b"of the old weights")
    save_model(folder, config(labels={}), weights(), CARD)
    assert load_model(folder)[0]["labels"] == {}
    assert not (folder / "golden.npz").exists()
    assert [p.name for p in folder.parent.iterdir()] == ["small-1"]


def test_failed_save_leaves_the_old_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = verify_model(folder)
    write = Path.write_bytes

    def full_disk(path: Path, data: bytes) -> int:
        if path.name == "README.md":
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_model(folder, config(labels={}), weights(), CARD)
    assert verify_model(folder) == before
    assert [p.name for p in folder.parent.iterdir()] == ["small-1"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "../escape"}, "not a model name"),
        ({"id": ""}, "not a model name"),
        ({"id": "a/b"}, "not a model name"),
        ({"id": ".hidden"}, "not a model name"),
        ({"id": "a" * 81}, "not a model name"),
        ({"id": "line\nbreak"}, "not a model name"),
        ({"kind": "other"}, "kind must be one of"),
        ({"architecture": None}, "architecture"),
        ({"graph_spec": []}, "graph_spec"),
        ({"labels": (1, 2)}, "JSON does not keep"),
        ({"labels": {1: 2}}, "JSON does not keep"),
        ({"labels": float("nan")}, "not plain JSON"),
        ({"labels": torch.ones(1)}, "not plain JSON"),
    ],
)
def test_unfit_configurations_are_not_saved(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        save_model(tmp_path / "m", config(**changes), weights(), CARD)
    assert not (tmp_path / "m").exists()


def test_weights_that_are_not_finite_are_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bad is not finite"):
        save_model(tmp_path / "m", config(), {"bad": torch.tensor([1.0, float("nan")])}, CARD)


def test_a_model_needs_a_card(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="card"):
        save_model(tmp_path / "m", config(), weights(), "  \n")


def test_wrong_kind_is_refused(folder: Path) -> None:
    load_model(folder, "encoder")
    with pytest.raises(WrongKindError, match="kind “encoder”, not “moment”"):
        load_model(folder, "moment")


@pytest.mark.parametrize("name", ["config.json", "weights.safetensors", "sha256"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    for read in (load_model, verify_model, read_config):
        with pytest.raises(ModelFileError, match=name):
            read(folder)


@pytest.mark.parametrize("size", [0, 1, 7, 8, 100, -1])
def test_truncated_weights_are_refused(folder: Path, size: int) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    for read in (load_model, verify_model):
        with pytest.raises(TamperedModelError, match="has changed since"):
            read(folder)


def test_one_flipped_bit_is_refused(folder: Path) -> None:
    path = folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(TamperedModelError):
        load_model(folder)


def test_a_changed_config_is_refused(folder: Path) -> None:
    rewrite_config(folder, reseal=False, labels={"unit": "eV"})
    for read in (load_model, verify_model, read_config):
        with pytest.raises(TamperedModelError, match=r"config\.json has changed"):
            read(folder)


def test_swapped_weights_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    save_model(other, config(id="other"), {"encoder.a": torch.zeros(3, 4)}, CARD)
    (folder / "weights.safetensors").write_bytes((other / "weights.safetensors").read_bytes())
    with pytest.raises(TamperedModelError):
        load_model(folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe\x00", b'{"format_version": NaN}', b"[" * 100_000],
)
def test_a_config_that_is_not_one_is_refused(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    for read in (load_model, verify_model, read_config):
        with pytest.raises(ModelFileError):
            read(folder)


@pytest.mark.parametrize("version", [None, True, "1", 1.0])
def test_a_version_that_is_no_integer_is_refused(folder: Path, version: object) -> None:
    rewrite_config(folder, reseal=True, format_version=version)
    with pytest.raises(ModelFileError, match="names no format version"):
        load_model(folder)


def test_a_newer_format_is_refused_with_advice(folder: Path) -> None:
    rewrite_config(folder, reseal=False, format_version=upgrades.FORMAT_VERSION + 1)
    for read in (load_model, verify_model, read_config):
        with pytest.raises(NewerFormatError, match="update negnn-gui"):
            read(folder)


def test_a_format_without_a_step_is_too_old(folder: Path) -> None:
    rewrite_config(folder, reseal=True, format_version=-3)
    with pytest.raises(ModelFileError, match="too old"):
        load_model(folder)


def test_a_sealed_config_is_still_checked(folder: Path) -> None:
    rewrite_config(folder, reseal=True, id="../../escape")
    with pytest.raises(ModelFileError, match="not a model name"):
        load_model(folder)


class Exploding:
    """Unpickling an instance makes a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


def test_pickles_are_never_loaded(folder: Path, tmp_path: Path) -> None:
    import hashlib

    trace = tmp_path / "exploded"
    content = pickle.dumps(Exploding(trace))
    (folder / "weights.safetensors").write_bytes(content)
    rewrite_config(folder, reseal=True, weights_sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(ModelFileError, match="not a safetensors file"):
        load_model(folder)
    assert not trace.exists()
    pickle.loads(content)
    assert trace.exists()  # the trap itself works


def test_errors_are_one_sentence_that_names_the_model(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()
    with pytest.raises(ModelFileError) as caught:
        load_model(folder)
    assert str(caught.value) == f"small-1: {caught.value.reason}"
    assert caught.value.path == folder
    assert "\n" not in str(caught.value)


def test_older_formats_are_upgraded_step_by_step(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(old: dict[str, Any], tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        assert old["format_version"] == 1
        tensors["encoder.b"] = tensors.pop("encoder.a")
        return tensors

    def to_two(old: dict[str, Any]) -> dict[str, Any]:
        old["renamed"] = old.pop("labels")
        return old

    steps = {1: UpgradeStep(to_two, rename), 2: UpgradeStep(lambda old: old | {"added": 3})}
    monkeypatch.setattr(upgrades, "STEPS", steps)
    monkeypatch.setattr(upgrades, "FORMAT_VERSION", 3)
    on_disk = {path.name: path.read_bytes() for path in folder.iterdir()}
    identity = verify_model(folder)
    loaded, tensors = load_model(folder)
    assert loaded["format_version"] == 3
    assert loaded["renamed"] == config()["labels"]
    assert loaded["added"] == 3
    assert "labels" not in loaded
    assert torch.equal(tensors["encoder.b"], weights()["encoder.a"])
    assert "encoder.a" not in tensors
    assert read_config(folder) == (loaded, identity)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == on_disk


def test_upgrades_do_not_change_what_they_are_given() -> None:
    def spoil(old: dict[str, Any]) -> dict[str, Any]:
        old["gone"] = old.pop("id")
        return old

    given = config(format_version=1)
    upgraded = upgrades.upgrade_config(given, {1: UpgradeStep(spoil)}, 2)
    assert given == config(format_version=1)
    assert upgraded["gone"] == "small-1"
    with pytest.raises(KeyError):
        upgrades.upgrade_config(given, {}, 2)
