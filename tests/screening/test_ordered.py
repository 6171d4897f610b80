"""Results come out in the order of the files, whoever was faster, and what waits is bounded."""

from __future__ import annotations

import random
import threading
import time

import pytest

from negnn_gui.screening.ordered import BufferClosedError, OrderedBuffer


def test_order_is_that_of_the_files() -> None:
    buffer = OrderedBuffer(budget=200, lookahead=5)
    files = iter(range(40))
    lock = threading.Lock()

    def read() -> None:
        rng = random.Random(threading.get_ident())
        while True:
            with lock:
                file = next(files, None)
            if file is None:
                return
            buffer.admit(file)
            for frame in range(file % 4):
                time.sleep(rng.random() * 1e-3)
                buffer.put(file, f"{file}.{frame}".encode().ljust(60))
            buffer.end(file)

    buffer.set_total(40)
    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    taken = [(file, None if data is None else data.decode().strip()) for file, data in buffer.take()]
    for reader in readers:
        reader.join()
    expected: list[tuple[int, str | None]] = []
    for file in range(40):
        expected += [(file, f"{file}.{frame}") for frame in range(file % 4)]
        expected.append((file, None))
    assert taken == expected


def test_a_reader_waits_while_too_much_is_waiting() -> None:
    buffer = OrderedBuffer(budget=10)
    buffer.put(1, b"x" * 20)
    blocked = threading.Thread(target=buffer.put, args=(1, b"y"))
    blocked.start()
    blocked.join(timeout=0.1)
    assert blocked.is_alive()
    buffer.put(0, b"whose turn it is")  # never blocks, or nothing would ever move
    buffer.end(0)
    buffer.set_total(2)
    results = buffer.take()
    assert next(results) == (0, b"whose turn it is")
    assert next(results) == (0, None)
    assert next(results) == (1, b"x" * 20)
    assert next(results) == (1, b"y")
    blocked.join(timeout=5)
    assert not blocked.is_alive()


def test_a_file_far_ahead_is_not_begun() -> None:
    buffer = OrderedBuffer(lookahead=2)
    buffer.admit(1)
    ahead = threading.Thread(target=buffer.admit, args=(2,))
    ahead.start()
    ahead.join(timeout=0.1)
    assert ahead.is_alive()
    buffer.end(0)
    assert next(buffer.take()) == (0, None)
    ahead.join(timeout=5)
    assert not ahead.is_alive()


def test_closing_turns_readers_away() -> None:
    buffer = OrderedBuffer()
    buffer.close()
    with pytest.raises(BufferClosedError):
        buffer.put(0, b"late")


def test_a_failure_reaches_the_consumer() -> None:
    buffer = OrderedBuffer()
    buffer.fail(RuntimeError("no worker starts"))
    with pytest.raises(RuntimeError, match="no worker starts"):
        next(buffer.take())
