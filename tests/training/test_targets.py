"""``negnn train --target``: any column, of sites or structures, from the tables or from a CSV file of one's own."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from negnn_gui.cli import app
from negnn_gui.inference.property_models import open_property_model, predict_entries
from negnn_gui.models import registry
from negnn_gui.models.backbone import BackboneConfig
from negnn_gui.models.nodes import NodesConfig
from negnn_gui.models.property_model import PropertyConfig
from negnn_gui.structures.reading import example_paths, read_structures
from negnn_gui.training.pretrain_run import RunOptions
from negnn_gui.training.property_recipe import evaluate_property_model, train_property_model
from negnn_gui.training.tables import TrainingDataError
from negnn_gui.training.targets import file_target, table_target

SMALL = BackboneConfig(width=16, layers=1)


def steps(n: int, **more: object) -> RunOptions:
    run = RunOptions(None, max_steps=n, batch_atoms=200, progress=False, device="cpu", rate=1e-2)
    return replace(run, **more)  # type: ignore[arg-type]


@pytest.fixture
def labelled(tables: Path, tmp_path: Path) -> Path:
    """The tables, with the share of iron as a property of structures and twice Z as one of sites."""
    folder = tmp_path / "labelled"
    folder.mkdir()
    for name in ("mp_magmoms", "mp_structures"):
        table = pq.read_table(tables / f"{name}.parquet")
        numbers = table["atomic_numbers"].to_pylist()
        if name == "mp_magmoms":
            iron = [float(np.mean(np.array(own) == 26)) if i % 7 else None for i, own in enumerate(numbers)]
            table = table.append_column("iron", pa.array(iron, pa.float32()))
            table = table.append_column("twice", pa.array([[2.0 * z for z in own] for own in numbers]))
        table = table.append_column("both", pa.array(np.arange(len(numbers), dtype=float)))
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


def test_columns_say_whether_they_are_of_sites_or_structures(labelled: Path) -> None:
    iron, twice = table_target(labelled, "iron"), table_target(labelled, "mp_magmoms:twice")
    assert (iron.of, twice.of) == ("structure", "site")
    assert np.isnan(iron.labels[::7]).all() and np.isfinite(np.delete(iron.labels, np.s_[::7])).all()
    rows = np.array([3, 1])
    start, numbers = twice.table.start, twice.table.atomic_numbers
    expected = np.concatenate([2.0 * numbers[start[i] : start[i + 1]] for i in rows])
    np.testing.assert_array_equal(twice.of_atoms(rows), expected)
    assert (iron.of_atoms(rows)[: iron.table.sizes[3]] == iron.labels[3]).all()


def test_columns_that_cannot_be_learned_are_named(labelled: Path) -> None:
    for target, said in {
        "gap": "has a column gap; its columns of numbers are magmoms",
        "both": "--target mp_magmoms:both or mp_structures:both",
        "mp_structures:iron": "mp_structures has no column iron",
        "mp_magmoms:doi": "holds no numbers",
        "nothing:iron": "nothing.parquet is missing",
    }.items():
        with pytest.raises(TrainingDataError, match=said):
            table_target(labelled, target)


@pytest.mark.parametrize("column", ["iron", "twice"])
def test_a_property_model_learns_and_says_no_data_elsewhere(
    labelled: Path, tmp_path: Path, column: str
) -> None:
    target = table_target(labelled, column)
    config = PropertyConfig(NodesConfig("0", one_hot=True, standardised=True), SMALL, target.of)
    folder = train_property_model(
        target, tmp_path / "run", "tiny-property", registry.default_id("encoder"), config, steps(60), "test"
    )
    info = registry.install(folder)
    registry.verify(info)
    assert info.kind == "property" and "## Measured" in info.card() and (folder / "golden.npz").is_file()
    figures = evaluate_property_model(info, target, "test")
    assert figures["of"] == target.of and figures["rows"] > 5
    if column == "iron":  # of sites the element's median is exact
        assert figures["mae"] < 0.6 * figures["median_instead"]["mae"]
    assert 0.5 < figures["interval"]["coverage"] <= 1
    loaded = open_property_model(info)
    entries = {path.stem: next(iter(read_structures(path))) for path in example_paths()}
    said = {answer.entry.name: answer.values for answer in predict_entries(loaded, entries.values())}  # type: ignore[arg-type]
    assert said["NiO"].shape == ((1,) if column == "iron" else (entries["NiO"].n_sites,))  # type: ignore[union-attr]
    assert np.isfinite(said["NiO"]).all()
    assert np.isnan(said["CrI3"]).all()  # neither element is in the made-up tables
    golden = np.load(folder / "golden.npz")
    np.testing.assert_allclose(golden["property/NiO"], said["NiO"], rtol=1e-5)


def own_files(folder: Path) -> list[str]:
    """Thirty CIF files of formulas of their own."""
    names = []
    folder.mkdir()
    for i in range(60):
        a, b = ("Fe", "O") if i % 2 else ("Mn", "S")
        sites = (
            "".join(f"{a} {0.9 * k / (i + 1):.4f} 0 0\n" for k in range(i // 2 + 1)) + f"{b} 0.5 0.5 0.5\n"
        )
        (folder / f"own{i}.cif").write_text(
            f"data_own{i}\n_cell_length_a {3.0 * (i + 1)}\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n"
            "_cell_angle_beta 90\n_cell_angle_gamma 90\nloop_\n_atom_site_type_symbol\n_atom_site_fract_x\n"
            f"_atom_site_fract_y\n_atom_site_fract_z\n{sites}"
        )
        names.append(f"own{i}")
    return names


def write_labels(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_labels_of_the_users_own_files(tmp_path: Path, tables: Path) -> None:
    names = own_files(tmp_path / "files")
    rows = [f"{name},{i}" for i, name in enumerate(names)] + ["elsewhere,3"]
    csv_file = write_labels(tmp_path / "labels.csv", "structure,hardness", rows)
    found = file_target(csv_file, "hardness", [tmp_path / "files"])
    assert found.of == "structure" and found.table.n_structures == 60
    assert found.labels.tolist() == [float(name.removeprefix("own")) for name in found.table.ids]
    assert set(found.table.splits) == {"train", "val", "test"}
    for formula in set(found.table.formulas):  # no formula on two sides
        assert len(set(found.table.splits[found.table.formulas == formula])) == 1
    assert any("no open structure: line 62 (elsewhere)" in remark for remark in found.remarks)
    sites = [f"{name},0,{i}" for i, name in enumerate(names)]
    found = file_target(
        write_labels(tmp_path / "sites.csv", "structure,site_index,charge", sites),
        "charge",
        [tmp_path / "files"],
    )
    assert found.of == "site" and int(np.isfinite(found.labels).sum()) == 60
    with pytest.raises(TrainingDataError, match="no column of numbers named gap; it has hardness"):
        file_target(csv_file, "gap", [tmp_path / "files"])
    ids = [f"made-1-{i},{i}" for i in range(150)] + ["made-9-1,0", "made-1-1,nothing"]
    found = file_target(write_labels(tmp_path / "ids.csv", "structure,gap", ids), "gap", data=tables)
    assert found.table.name == "mp_magmoms" and found.labels[:3].tolist() == [0, 1, 2]
    assert len(found.remarks) == 2
    few = write_labels(tmp_path / "few.csv", "structure,gap", ids[:3])
    with pytest.raises(TrainingDataError, match=r"split of mp_magmoms has \d labels and needs 20"):
        file_target(few, "gap", data=tables)


def test_from_the_command_line_to_a_table(labelled: Path, tmp_path: Path) -> None:
    run = CliRunner()
    done = run.invoke(
        app,
        ["train", "--data", str(labelled), "--target", "iron", "--nodes", "01", "--width", "8", "--layers", "1",
         "--max-time", "00:00:02", "--out", str(tmp_path / "run"), "--name", "my-iron", "--device", "cpu"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert run.invoke(app, ["models", "import", str(tmp_path / "run" / "my-iron")]).exit_code == 0
    table = tmp_path / "out.csv"
    nio, cri3 = (str(next(path for path in example_paths() if path.stem == name)) for name in ("NiO", "CrI3"))
    assert run.invoke(app, ["predict", "--model", "my-iron", nio, cri3, "-o", str(table)]).exit_code == 0
    with table.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["structure"] for row in rows] == ["NiO", "CrI3"]
    assert float(rows[0]["iron_lo"]) < float(rows[0]["iron_pred"]) < float(rows[0]["iron_hi"])
    assert rows[1]["iron_pred"] == ""  # no data
    assert (tmp_path / "out.meta.json").is_file()
    done = run.invoke(app, ["evaluate", "my-iron", "--data", str(labelled), "-o", str(tmp_path / "f.json")])
    assert done.exit_code == 0 and '"target": "iron"' in done.output
    for words, said in {
        ("train", "--target", "iron", "--structures", nio, "--out", "x"): "--structures needs --labels",
        ("train", "--target", "iron", "--init", "some", "--out", "x"): "--init is about moment models",
        ("predict", "--model", "my-iron", nio, "-o", "x.csv", "--resume"): "my-iron predicts a property",
    }.items():
        done = run.invoke(app, list(words), env={"NEGNN_DATA": str(labelled)})
        assert done.exit_code == 2 and said in " ".join(done.output.split()), done.output
