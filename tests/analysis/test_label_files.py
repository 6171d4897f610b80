"""A user's labels: what is matched, and every kind of row that is not, counted and named."""

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from negnn_gui.analysis.comparison import choices, compare
from negnn_gui.analysis.label_files import LabelFileError, match_labels, read_label_file
from negnn_gui.analysis.regression import Stopped
from negnn_gui.results import Analysis, ModelRef, MomentPrediction, NearestKnown
from negnn_gui.structures.entry import StructureEntry

REF = ModelRef("e", "0")
METALS = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Zr", "Nb", "Mo")
RANDOM = np.random.default_rng(0)


def entry(number: int, metal: str, name: str = "") -> StructureEntry:
    structure = Structure(Lattice.cubic(4 + number / 50), [metal, "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return StructureEntry(str(number), None, 0, name or f"s{number}", structure, (f"{metal}1", "O2"))


def analysis(own: StructureEntry) -> Analysis:
    numbers = np.array([site.specie.Z for site in own.structure])
    vectors = RANDOM.normal(size=(6, 2, 64)).astype(np.float32)
    vectors[1] = numbers[:, None] / 10 + vectors[1] / 20  # level 1 knows the answer
    nothing = MomentPrediction.no_data(2)
    return Analysis(
        own.id, numbers, vectors, nothing, nothing, np.zeros(2), NearestKnown.unknown(2), REF, None, "cpu"
    )  # fmt: skip


ENTRIES = {own.id: own for own in (entry(i, METALS[i % 12]) for i in range(36))}
ANALYSES = {own.id: analysis(own) for own in ENTRIES.values()}


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_labels_of_sites_are_matched_and_the_rest_is_counted(tmp_path: Path) -> None:
    good = [f"s{i},{k},{i + k}.5" for i in range(15) for k in range(2)]
    bad = [
        "s0,0,9",  # again
        "nowhere,0,1",
        "s1.cif,1,2",  # again, by its file's name
        "s20,0,high",
        "s20,7,1",
        "s20,-1,1",
        "s20,0,",
        "s20,0,inf",
    ]
    labels = read_label_file(write(tmp_path / "my.csv", ["structure,site_index,m (uB)", *good, *bad]))
    assert labels.of_sites and labels.columns == ("m (uB)",)
    matched = match_labels(labels, "m (uB)", ENTRIES)
    assert len(matched.rows) == 30
    assert (matched.rows[1].entry_id, matched.rows[1].site, matched.rows[1].value) == ("0", 1, 1.5)
    said = " | ".join(matched.remarks)
    assert "2 rows left out, repeating a row above (the first counts): line 32 (s0), line 34 (s1.cif)" in said
    assert "1 row left out, naming no open structure: line 33 (nowhere)" in said
    assert "with something that is not a number: line 35 (s20)" in said
    assert "site_index beyond the last site" in said and "not a whole number from 0" in said
    assert "without a value" in said and "not finite" in said


def test_too_few_rows_or_structures_are_refused_with_their_reasons(tmp_path: Path) -> None:
    lines = ["structure;gap", *(f"s{i};{i}" for i in range(19)), "who;3"]
    labels = read_label_file(write(tmp_path / "few.csv", lines))
    with pytest.raises(
        LabelFileError,
        match=r"only 19 rows can be used and 20 are needed\. 1 row left out, naming no open structure",
    ):
        match_labels(labels, "gap", ENTRIES)
    many = {str(i): entry(i, "Fe", f"f{i}") for i in range(3)}
    rows = [f"f{i % 3},{i // 3},1" for i in range(6)]
    labels = read_label_file(write(tmp_path / "one.csv", ["structure,site_index,m", *rows]))
    with pytest.raises(LabelFileError, match="only 6 rows"):
        match_labels(labels, "m", many)


def test_two_open_structures_of_one_name_are_not_guessed(tmp_path: Path) -> None:
    twice = {**ENTRIES, "again": entry(99, "Fe", "s3")}
    labels = read_label_file(write(tmp_path / "l.csv", ["structure,m", *(f"s{i},{i}" for i in range(30))]))
    assert "open more than once: line 5 (s3)" in match_labels(labels, "m", twice).remarks[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,m\na,1\n", "has no column “structure”"),
        ("structure,formula\na,NiO\n", "has no column of numbers"),
        ("structure,m,m\na,1,2\n", "two columns have the same name"),
        ("", "has no column “structure” (its columns: none)"),
    ],
)
def test_files_that_are_no_tables_of_labels(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabelFileError) as caught:
        read_label_file(path)
    assert reason in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(LabelFileError, match="cannot be read"):
        read_label_file(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00s")
    with pytest.raises(LabelFileError, match="not a text file"):
        read_label_file(tmp_path / "binary.csv")


def test_the_level_that_knows_the_answer_wins(tmp_path: Path) -> None:
    lines = [
        "structure,site_index,z",
        *(f"s{i},0,{ENTRIES[str(i)].structure[0].specie.Z}" for i in range(36)),
    ]
    rows = match_labels(read_label_file(write(tmp_path / "l.csv", lines)), "z", ENTRIES).rows
    seen: list[tuple[int, int]] = []
    found = list(
        compare(
            rows, ENTRIES, ANALYSES, ["levels 1", "levels 3"], "ridge", (0, 1),
            lambda done, total: seen.append((done, total)), lambda: False,
        )
    )  # fmt: skip
    assert [result.representation for result in found] == ["level 1", "level 3"]
    assert found[0].mean("mae")[0] < 0.5 * found[1].mean("mae")[0] and len(found[0].errors) == 2
    assert seen[-1] == (4, 4) and len(found[0].known) == len(found[0].predicted) == len(found[0].rows)
    with pytest.raises(Stopped):
        list(compare(rows, ENTRIES, ANALYSES, ["levels 1"], "ridge", (0,), lambda d, t: None, lambda: True))
    assert choices(6)["levels 012345"] == "levels 012345" and choices(6)["soap"] == "SOAP"


def test_a_disordered_structure_costs_the_hand_made_descriptors_only() -> None:
    mixed = Structure(Lattice.cubic(4), [{"Fe": 0.5, "Co": 0.5}, "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    entries = {**ENTRIES, "0": StructureEntry("0", None, 0, "mixed", mixed, ("M1", "O2"))}
    from negnn_gui.analysis.label_files import LabelledRow

    rows = [LabelledRow(str(i), -1, float(i)) for i in range(36)]
    levels, one_hot = compare(
        rows, entries, ANALYSES, ["levels 1", "one-hot"], "ridge", (0,), lambda d, t: None, lambda: False
    )
    assert (
        not levels.fault and one_hot.fault == "mixed is disordered: element one-hot needs ordered structures"
    )
