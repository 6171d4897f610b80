"""What a worker of a cluster does, without a cluster: parts that add up to what this machine would write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from negnn_gui.export.codecs import Embeddings, Extxyz, SitesCsv, SitesParquet
from negnn_gui.screening import cluster_work
from negnn_gui.screening.cluster import _halves, _rest
from negnn_gui.screening.cluster_work import Order, Part, WorkerRefusal, carry_out, describe, models_loaded
from negnn_gui.screening.journal import Position
from negnn_gui.screening.model_choice import ModelChoice
from negnn_gui.screening.reading import ReadTask

Write = Callable[[Path, int], Path]
CHOICE = ModelChoice("random", device="cpu")


@pytest.fixture
def models(random_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(random_models))


FIRST = Position()


def _order(tasks: list[ReadTask], start: Position = FIRST, time_limit_s: float = 0.0) -> Order:
    codecs = {"sites": SitesCsv(), "embeddings": Embeddings("01"), "text": Extxyz()}
    return Order(tuple(tasks), start, CHOICE, codecs, time_limit_s)


@pytest.mark.usefixtures("models")
def test_a_part_holds_rows_failures_and_where_to_go_on(tmp_path: Path, write_cif: Write) -> None:
    tasks = [
        ReadTask(Path(f"many/x{k}.cif"), "skip", location=write_cif(tmp_path / f"x{k}.cif", k))
        for k in range(5)
    ]
    tasks.insert(2, ReadTask(Path("many/missing.cif"), "skip", location=tmp_path / "missing.cif"))
    loads = models_loaded()
    part = carry_out(_order(tasks, Position(40)))
    again = carry_out(_order(tasks[:1]))
    assert (part.end, part.structures, part.n_sites, part.devices) == (Position(46), 5, 10, ("cpu",))
    assert part.sites is not None
    # Named as the user named them, wherever the worker found them.
    assert part.sites.column("source_file").to_pylist()[::2] == [f"many/x{k}.cif" for k in range(5)]
    assert [(each.path, each.frame) for each in part.failures] == [(Path("many/missing.cif"), None)]
    assert part.unseen == (Path("many/missing.cif"),)
    embeddings, texts = part.rows("embeddings"), part.rows("text")
    assert embeddings is not None and texts is not None
    assert (len(embeddings["emb_000"]), len(texts["text"])) == (10, 5)
    assert part.models == again.models == describe(CHOICE).models
    assert models_loaded() - loads <= 1


@pytest.mark.usefixtures("models")
def test_a_long_file_comes_in_several_parts_each_frame_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_cif: Write
) -> None:
    header = 'Lattice="{a} 0 0 0 {a} 0 0 0 {a}" Properties=species:S:1:pos:R:3'
    frames = tmp_path / "frames.extxyz"
    frames.write_text(
        "".join(f"2\n{header.format(a=3 + 0.001 * k)}\nFe 0 0 0\nO 1.5 1.5 1.5\n" for k in range(300))
    )
    tasks = [ReadTask(write_cif(tmp_path / "a.cif", 1), "skip"), ReadTask(frames, "skip")]
    monkeypatch.setattr(cluster_work, "_MOST_SITES", 200)
    order, parts = _order(tasks), list[Part]()
    while order.start.file < 2:
        parts.append(carry_out(order))
        if parts[-1].end.file >= 2:
            break
        order = _rest(order, parts[-1].end)
    assert [part.end for part in parts] == [Position(1, 127), Position(1, 255), Position(2)]
    tables = [part.sites.to_pandas() for part in parts if part.sites is not None]
    sites = pd.concat(tables)
    assert len(sites) == 602
    assert list(sites.frame[sites.structure == "frames"].unique()) == list(range(300))


@pytest.mark.usefixtures("models")
def test_reader_processes_serve_the_next_part_too(tmp_path: Path, write_cif: Write) -> None:
    tasks = [ReadTask(write_cif(tmp_path / f"x{k}.cif", k), "skip") for k in range(3)]
    order = _order(tasks, time_limit_s=60)
    try:
        assert carry_out(order).structures == 3
        (reader,) = cluster_work._idle
        pid = reader.pid
        assert carry_out(order).structures == 3
        assert [each.pid for each in cluster_work._idle] == [pid]
    finally:
        while cluster_work._idle:
            cluster_work._idle.pop().stop()


@pytest.mark.usefixtures("models")
def test_unknown_models_are_refused_in_a_sentence() -> None:
    with pytest.raises(WorkerRefusal, match="no model is named 'unheard-of'"):
        describe(ModelChoice("unheard-of"))


def test_an_order_is_halved_until_one_file_is_left() -> None:
    tasks = [ReadTask(Path(f"{k}"), "skip") for k in range(3)]
    tasks[0] = replace(tasks[0], skip=7)
    order = replace(_order(tasks, Position(10, 7)), codecs={"sites": SitesParquet()})
    first, second = _halves(order)
    assert (first.tasks, first.start) == (tuple(tasks[:1]), Position(10, 7))
    assert (second.tasks, second.start) == (tuple(tasks[1:]), Position(11))
    assert _halves(first) == []
