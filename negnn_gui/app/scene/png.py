"""PNG files that are written band by band, and appear under their name only once they are complete."""

from __future__ import annotations

import struct
import zlib
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from negnn_gui.export.atomic import publish, temporary_beside

_MOST_WAITING = 2
_METRES_PER_INCH = 0.0254


class PngWriter:
    """Writes rows as they come, compressing them on a thread of its own.

    Parameters
    ----------
    path : Path
        Stays as it was until ``finish``.
    width, height : int
        Pixels of the whole picture.
    dots_per_inch : float or None
        Written into the file, where given.

    Raises
    ------
    OSError
        The file cannot be written; here or later.
    """

    def __init__(self, path: Path, width: int, height: int, dots_per_inch: float | None = None) -> None:
        self._path = path
        self._part = temporary_beside(path)
        self._width, self._rows_left = width, height
        self._deflate = zlib.compressobj(6)
        self._waiting: list[Future[None]] = []
        try:
            self._file = self._part.open("wb")
        except OSError as error:
            error.filename = str(path)  # the other name means nothing to anybody
            raise
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="png")
        self._file.write(b"\x89PNG\r\n\x1a\n")
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
        if dots_per_inch is not None:
            per_metre = round(dots_per_inch / _METRES_PER_INCH)
            self._chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))

    def add(self, band: NDArray[np.uint8]) -> None:
        """The next rows, (rows, width, 4) uint8 RGBA; waits while two bands are still being compressed."""
        rows = np.zeros((len(band), 1 + 4 * self._width), dtype=np.uint8)  # each row begins with 0: no filter
        rows[:, 1:] = band.reshape(len(band), -1)
        self._rows_left -= len(band)
        self._waiting.append(self._thread.submit(self._compress, rows))
        while len(self._waiting) > _MOST_WAITING or (self._waiting and self._waiting[0].done()):
            self._waiting.pop(0).result()

    def finish(self) -> None:
        """Put the complete picture where it belongs.

        Raises
        ------
        ValueError
            Rows are missing, or there were too many.
        """
        if self._rows_left:
            raise ValueError(f"the picture lacks {self._rows_left} rows")
        try:
            for band in self._waiting:
                band.result()
            self._chunk(b"IDAT", self._deflate.flush())
            self._chunk(b"IEND", b"")
            self._file.close()
            publish(self._part, self._path)
        except OSError:
            self.discard()
            raise
        self._thread.shutdown()

    def discard(self) -> None:
        """Leave nothing behind; may be called again."""
        self._thread.shutdown(cancel_futures=True)
        try:
            self._file.close()
        finally:
            self._part.unlink(missing_ok=True)

    def _compress(self, rows: NDArray[np.uint8]) -> None:
        if packed := self._deflate.compress(rows.tobytes()):
            self._chunk(b"IDAT", packed)

    def _chunk(self, kind: bytes, body: bytes) -> None:
        check = zlib.crc32(kind + body)
        self._file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check))
