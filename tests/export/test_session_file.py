"""A session file gives back what was saved, exactly; hostile ones are refused with a sentence and do nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from pymatgen.core import Composition, Lattice, Structure

from negnn_gui.export import bounded_zip
from negnn_gui.export.session_file import SavedSession, SessionFileError, read_session, write_session
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown, SiteRef
from negnn_gui.structures.entry import StructureEntry, StructureReadError
from negnn_gui.structures.reading import read_text

RNG = np.random.default_rng(5)


def entry(name: str, species: list[object], **more: object) -> StructureEntry:
    n_sites = len(species)
    structure = Structure(
        Lattice(4 * np.eye(3) + 0.3 * RNG.normal(size=(3, 3))), species, RNG.normal(size=(n_sites, 3))
    )
    labels = tuple(f"{name}{k}" for k in range(n_sites))
    return StructureEntry(f"id-{name}", Path("a b") / f"{name}.cif", 2, name, structure, labels, **more)


def analysis(of: StructureEntry, levels: int = 6) -> Analysis:
    n_sites = of.n_sites

    def moments() -> MomentPrediction:
        return MomentPrediction(
            *(np.where(RNG.random(n_sites) < 0.3, np.nan, RNG.random(n_sites)) for _ in range(5))
        )

    return Analysis(
        of.id,
        np.arange(1, n_sites + 1),
        RNG.normal(size=(levels, n_sites, 64)).astype(np.float32),
        moments(),
        moments(),
        RNG.random(n_sites),
        NearestKnown(
            ("NiO", *[""] * (n_sites - 1)),
            ("Ni", *[""] * (n_sites - 1)),
            RNG.random(n_sites),
            RNG.random(n_sites),
        ),
        ModelRef("enc", "1" * 64),
        ModelRef("mom", "2" * 64),
        "cpu",
        ("It looks odd.",),
    )


@pytest.fixture
def session() -> SavedSession:
    mixed = entry("mixed", [Composition({"Fe": 1 / 3, "Co": 2 / 3}), Composition({"O": 0.5}), "Fe2+"])
    plain = entry(
        "ünïcode \n name",
        ["Ni", "O"],
        moment_input=np.array([1.7, np.nan]),
        moment_vectors=np.array([[0, 0, 1.7], [np.nan] * 3]),
        warnings=("Repaired.",),
    )
    alone = entry("alone", ["H"])
    return SavedSession(
        entries=(mixed, plain, alone),
        analyses={plain.id: analysis(plain), alone.id: analysis(alone, levels=4)},
        reasons={mixed.id: "It is disordered."},
        left_out=frozenset({mixed.id}),
        read_failures=(
            StructureReadError(Path("bad.cif"), "It is empty."),
            StructureReadError(None, "No.", 3),
        ),
        selection=frozenset({SiteRef(plain.id, 1), SiteRef(alone.id, 0)}),
        current=alone.id,
        views={"levels": "01", "nested": {"x": [1, 2.5, None]}},
        settings={"auto_predict": False},
    )


@pytest.fixture
def saved(session: SavedSession, tmp_path: Path) -> Path:
    path = tmp_path / "work.negnn"
    write_session(path, session)
    return path


def _rewritten(source: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of a session file with other members."""
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    target = source.with_name("changed.negnn")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target


def test_everything_comes_back_exactly(saved: Path, session: SavedSession) -> None:
    back = read_session(saved)
    assert len(back.entries) == 3
    for before, now in zip(session.entries, back.entries, strict=True):
        assert back.renamed[before.id] == now.id != before.id
        assert (now.path, now.frame, now.name, now.site_labels) == (
            before.path,
            2,
            before.name,
            before.site_labels,
        )
        assert now.warnings == before.warnings
        np.testing.assert_array_equal(now.structure.lattice.matrix, before.structure.lattice.matrix)
        np.testing.assert_array_equal(now.structure.frac_coords, before.structure.frac_coords)
        assert [site.species for site in now.structure] == [site.species for site in before.structure]
    first, second = session.entries[1], back.entries[1]
    assert first.moment_input is not None
    np.testing.assert_array_equal(second.moment_input, first.moment_input)
    np.testing.assert_array_equal(second.moment_vectors, first.moment_vectors)
    assert back.entries[0].moment_input is None
    for old_id, before in session.analyses.items():
        now = back.analyses[back.renamed[old_id]]
        np.testing.assert_array_equal(now.embeddings, before.embeddings)
        assert now.embeddings.dtype == np.float32
        for kind in ("moment", "moment_exp"):
            for part in ("median", "lo", "hi", "alt", "alt_weight"):
                np.testing.assert_array_equal(
                    getattr(getattr(now, kind), part), getattr(getattr(before, kind), part)
                )
        np.testing.assert_array_equal(now.ood_score, before.ood_score)
        np.testing.assert_array_equal(now.atomic_numbers, before.atomic_numbers)
        assert now.nearest.formula == before.nearest.formula
        assert (now.encoder, now.model, now.device, now.warnings) == (
            before.encoder,
            before.model,
            "cpu",
            before.warnings,
        )
    assert back.selection == {SiteRef(second.id, 1), SiteRef(back.entries[2].id, 0)}
    assert back.current == back.entries[2].id
    assert back.reasons == {back.entries[0].id: "It is disordered."}
    assert back.left_out == {back.entries[0].id}
    assert [(f.path, f.reason, f.frame) for f in back.read_failures] == [
        (Path("bad.cif"), "It is empty.", None),
        (None, "No.", 3),
    ]
    assert back.views == {"levels": "01", "nested": {"x": [1, 2.5, None]}}
    assert back.settings == {"auto_predict": False}


def test_an_empty_session_is_a_session(tmp_path: Path) -> None:
    write_session(tmp_path / "empty.negnn", SavedSession())
    assert read_session(tmp_path / "empty.negnn") == SavedSession()


def test_the_structures_in_it_open_in_other_programs(saved: Path, session: SavedSession) -> None:
    with zipfile.ZipFile(saved) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".cif"))
        texts = [archive.read(name).decode() for name in names]
    assert names[0] == "structures/0001-mixed.cif"
    [again] = read_text(texts[1], "again.cif")
    assert again.elements == session.entries[1].elements
    assert again.structure.volume == pytest.approx(session.entries[1].structure.volume)


def test_a_full_disk_leaves_the_older_file_whole(
    saved: Path, session: SavedSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full(*_arguments: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(OSError, match="No space"):
        write_session(saved, session)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.cif",
        "/etc/evil.cif",
        "structures/../../evil.cif",
        "..\\evil.cif",
        "C:\\evil.cif",
        "C:/evil.cif",
    ],
)
def test_paths_that_lead_out_are_refused(name: str, saved: Path) -> None:
    path = _rewritten(saved, lambda members: members.update({name: b"x"}))
    with pytest.raises(SessionFileError, match="a path that leads out of the archive"):
        read_session(path)


@pytest.mark.parametrize(
    "name", ["run.py", "structures/model.pkl", "structures/0001-x.cif/y", "results/weights.pt"]
)
def test_what_does_not_belong_there_is_refused(name: str, saved: Path) -> None:
    path = _rewritten(saved, lambda members: members.update({name: b"x"}))
    with pytest.raises(SessionFileError, match="does not belong there"):
        read_session(path)


def test_zip_bombs_are_refused_before_they_are_unpacked(saved: Path) -> None:
    path = _rewritten(saved, lambda members: members.update({"session.json": b" " * 64 * 1024**2}))
    assert path.stat().st_size < 1024**2
    with pytest.raises(SessionFileError, match="would unpack to 64 MB, like a zip bomb"):
        read_session(path)


def test_more_than_a_session_can_hold_is_refused(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_zip, "MOST_BYTES", 1000)
    with pytest.raises(SessionFileError, match="unpack to more than"):
        read_session(saved)
    monkeypatch.setattr(bounded_zip, "MOST_MEMBERS", 2)
    with pytest.raises(SessionFileError, match="more than 2 files"):
        read_session(saved)


def test_a_member_larger_than_it_says_is_refused(saved: Path) -> None:
    data = saved.read_bytes()
    with zipfile.ZipFile(saved) as archive:
        size = archive.getinfo("session.json").file_size
    lie = data.replace(size.to_bytes(4, "little"), (size - 20).to_bytes(4, "little"))
    assert lie != data
    saved.write_bytes(lie)
    with pytest.raises(SessionFileError, match=r"is damaged|not as large as it says"):
        read_session(saved)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"format": 2}, "later version .format 2, known is 1.: update negnn-gui"),
        ({"format": "1"}, "does not say which version"),
        ({"format": True}, "does not say which version"),
        ({"program": "other"}, "not written by this program"),
        ({"structures": None}, "makes no sense"),
        ({"structures": [{}]}, "makes no sense"),
        ({"structures": []}, "numbers of sites do not agree|belongs to no structure"),
        ({"selection": [["x", 0]]}, "makes no sense"),
        ({"results": {"9": {"levels": 6}}}, "belongs to no structure"),
        ({"results": {"0": {"levels": 0}}}, "no embeddings"),
        ({"views": 3}, "makes no sense"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, object], says: str, saved: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        members["session.json"] = json.dumps(json.loads(members["session.json"]) | change).encode()

    with pytest.raises(SessionFileError, match=says):
        read_session(_rewritten(saved, edit))


@pytest.mark.parametrize("name", ["session.json", "structures/sites.parquet", "results/results.parquet"])
@pytest.mark.parametrize("content", [None, b"", b"PAR1garbage", b"[" * 100_000])
def test_missing_and_damaged_members_are_refused(name: str, content: bytes | None, saved: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        if content is None:
            del members[name]
        else:
            members[name] = content

    with pytest.raises(SessionFileError) as told:
        read_session(_rewritten(saved, edit))
    assert "\n" not in str(told.value)


def test_a_table_with_other_columns_is_refused(saved: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        table = pq.read_table(io.BytesIO(members["structures/sites.parquet"])).drop_columns(["species"])
        sink = io.BytesIO()
        pq.write_table(table, sink)
        members["structures/sites.parquet"] = sink.getvalue()

    with pytest.raises(SessionFileError, match="lacks columns"):
        read_session(_rewritten(saved, edit))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"data_NiO\n", bytes(range(256)) * 40])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "no.negnn"
    path.write_bytes(content)
    with pytest.raises(SessionFileError, match="no zip archive"):
        read_session(path)


def test_truncated_anywhere_it_is_refused(saved: Path) -> None:
    data = saved.read_bytes()
    for cut in range(1, len(data), len(data) // 40):
        saved.write_bytes(data[:cut])
        with pytest.raises(SessionFileError):
            read_session(saved)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SessionFileError, match="cannot be read: No such file"):
        read_session(tmp_path / "none.negnn")
