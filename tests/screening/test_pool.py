"""Reader processes: order, and a hang or a crash that costs one file. The hangs and crashes are real."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from negnn_gui.screening.pool import FileFrame, ReaderPool, read_here
from negnn_gui.screening.reader_process import ReaderProcess
from negnn_gui.screening.reading import ReadTask

Write = Callable[[Path, int], Path]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are stopped by POSIX signals")


def _tasks(tmp_path: Path, write_cif: Write, count: int) -> list[ReadTask]:
    return [ReadTask(write_cif(tmp_path / f"x{number}.cif", number), "skip") for number in range(count)]


def _told(frames: list[FileFrame]) -> list[tuple[int, str]]:
    """Readable form: name of the structure, the reason of a failure, or END."""
    told = []
    for number, frame in frames:
        if frame is None:
            told.append((number, "END"))
        elif frame.failure is not None:
            told.append((number, frame.failure.reason))
        else:
            told.extend((number, entry.name) for entry in frame.entries)
    return told


def test_workers_give_what_this_process_gives(tmp_path: Path, write_cif: Write) -> None:
    tasks = _tasks(tmp_path, write_cif, 30)
    tasks.insert(7, ReadTask(tmp_path / "missing.cif", "skip"))
    with ReaderPool(3, time_limit_s=60) as pool:
        parallel = list(pool.read(tasks))
    assert _told(parallel) == _told(list(read_here(tasks)))
    assert [number for number, frame in parallel if frame is None] == list(range(31))


def _held(tasks: list[ReadTask], before: int, go: threading.Event) -> Iterator[ReadTask]:
    """Tasks, of which number ``before`` waits for a sign."""
    for number, task in enumerate(tasks):
        if number == before:
            assert go.wait(60)
        yield task


@pytest.mark.parametrize("end", ["hang", "crash"])
def test_a_worker_that_is_lost_costs_one_file(tmp_path: Path, write_cif: Write, end: str) -> None:
    tasks = _tasks(tmp_path, write_cif, 4)
    go = threading.Event()
    limit = 4.0 if end == "hang" else 60.0  # a new process must read within it on a busy machine too
    with ReaderPool(1, time_limit_s=limit) as pool:
        frames = pool.read(_held(tasks, 2, go))
        taken = [next(frames) for _ in range(4)]
        (pid,) = pool.process_ids
        os.kill(pid, signal.SIGSTOP)
        go.set()
        if end == "crash":
            time.sleep(0.3)  # the task lies in its pipe by now
            os.kill(pid, signal.SIGKILL)
        taken += list(frames)
        assert pool.process_ids != [pid]
    told = dict(pair for pair in _told(taken) if pair[1] != "END")
    assert (told[0], told[1], told[3]) == ("x0", "x1", "x3")
    expected = "took longer than 4 s" if end == "hang" else "ended unexpectedly (SIGKILL)"
    assert expected in told[2]


def test_a_worker_that_died_idle_costs_nothing(tmp_path: Path, write_cif: Write) -> None:
    tasks = _tasks(tmp_path, write_cif, 3)
    go = threading.Event()
    with ReaderPool(1, time_limit_s=60) as pool:
        frames = pool.read(_held(tasks, 2, go))
        taken = [next(frames) for _ in range(4)]
        os.kill(pool.process_ids[0], signal.SIGKILL)
        assert pool._workers[0]._process.wait(30) == -signal.SIGKILL  # gone, however busy the machine is
        go.set()
        taken += list(frames)
    assert [name for _, name in _told(taken) if name != "END"] == ["x0", "x1", "x2"]


def test_closing_early_ends_the_processes(tmp_path: Path, write_cif: Write) -> None:
    with ReaderPool(2, time_limit_s=60) as pool:
        frames = pool.read(_tasks(tmp_path, write_cif, 20))
        next(frames)
        pids = pool.process_ids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_process_replaced_and_stopped_at_once_has_its_pipe_closed_by_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two closes at once end one file handle twice: "Bad file descriptor", or somebody else's file is gone."""
    process = ReaderProcess(5)
    pipe = process._connection
    close, inside, most = pipe.close, [], []

    def slow_close() -> None:
        inside.append(threading.get_ident())
        most.append(len(inside))
        time.sleep(0.3)
        close()
        inside.pop()

    monkeypatch.setattr(pipe, "close", slow_close)
    replacing = threading.Thread(target=process.replace)
    replacing.start()
    process.stop()
    replacing.join()
    assert most and max(most) == 1


def test_frames_done_before_are_not_given_again(tmp_path: Path) -> None:
    lattice = 'Lattice="4 0 0 0 4 0 0 0 4" Properties=species:S:1:pos:R:3'
    path = tmp_path / "frames.extxyz"
    path.write_text("".join(f"1\n{lattice}\nFe 0 0 {0.1 * k}\n" for k in range(5)))
    (*frames, end) = read_here([ReadTask(path, "skip", skip=3)])
    assert end == (0, None)
    assert [frame.entries[0].frame for _, frame in frames if frame is not None] == [3, 4]
