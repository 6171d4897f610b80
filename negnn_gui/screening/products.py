"""The files of a run: tables, errors and sidecar, growing together and put in their places together."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from negnn_gui.export.atomic import AppendedFile, publish, write_whole
from negnn_gui.export.sidecars import RunRecord, errors_header, errors_path, meta_path, meta_text
from negnn_gui.export.text import csv_line, printable
from negnn_gui.export.writers import TableWriter
from negnn_gui.screening.reading import Failure
from negnn_gui.screening.request import ScreeningRequest

if TYPE_CHECKING:
    from negnn_gui.results import Analysis
    from negnn_gui.screening.cluster_work import Part
    from negnn_gui.structures.entry import StructureEntry

_WARNINGS_LISTED = 1000


class Products:
    """Everything one run writes, in the folder of unfinished work.

    Parameters
    ----------
    sizes : dict of str to int
        Trusted bytes of each growing file; empty at the start.
    complete : bool
        Everything is written; a growing file that is gone has been put in its place already.
    """

    def __init__(
        self, request: ScreeningRequest, folder: Path, sizes: dict[str, int], *, complete: bool = False
    ) -> None:
        self._request = request
        self._codecs = request.codecs()
        self._tables = {
            name: TableWriter(target, codec, folder / name, sizes.get(name, 0))
            for target, (name, codec) in zip(request.tables, self._codecs.items(), strict=True)
            if not (complete and not (folder / name).exists())
        }
        self._logs = {
            name: AppendedFile(folder / name, sizes.get(name, 0))
            for name in ("errors", "warnings")
            if not (complete and not (folder / name).exists())
        }
        if not sizes:
            self._logs["errors"].append(errors_header().encode())

    def add(self, entry: StructureEntry, analysis: Analysis) -> int:
        """Add the rows of one structure; the number of warnings it came with."""
        for table in self._tables.values():
            table.append(entry, analysis)
        name = printable(entry.path or entry.name)
        warnings = (*entry.warnings, *analysis.warnings)
        for warning in warnings:
            self._logs["warnings"].append(
                json.dumps(f"{name}, frame {entry.frame}: {warning}").encode() + b"\n"
            )
        return len(warnings)

    def add_part(self, part: Part) -> None:
        """Add everything that a worker of a cluster handed back."""
        for name, codec in self._codecs.items():
            rows = part.rows(codec.source)
            if rows is not None:
                self._tables[name].append_rows(rows)
        for warning in part.warnings:
            self._logs["warnings"].append(json.dumps(warning).encode() + b"\n")
        for failure in part.failures:
            self.fail(failure)

    def fail(self, failure: Failure) -> None:
        """Add a row of the errors table."""
        frame = "" if failure.frame is None else str(failure.frame)
        reason = " ".join(failure.reason.split())
        self._logs["errors"].append(csv_line([printable(failure.path), frame, reason]).encode())

    def commit(self) -> dict[str, int]:
        """Bring everything to the disk; the sizes that can now be trusted."""
        tables = {name: table.commit() for name, table in self._tables.items()}
        return tables | {name: log.commit() for name, log in self._logs.items()}

    def first_warnings(self) -> tuple[str, ...]:
        """The warnings that the sidecar lists."""
        with self._logs["warnings"].path.open("rb") as lines:
            return tuple(json.loads(line) for line in islice(lines, _WARNINGS_LISTED))

    def put_in_place(self, record: RunRecord) -> None:
        """Make the tables out of the working files; after a kill in the middle it can be done again.

        The sidecar comes last: where it stands, the run is finished.
        """
        for table in self._tables.values():
            table.finish()
        main = self._request.main_output
        if record.failures == 0:
            errors_path(main).unlink(missing_ok=True)
        elif "errors" in self._logs:
            self._logs["errors"].close()
            publish(self._logs["errors"].path, errors_path(main))
        write_whole(meta_path(main), meta_text(record).encode())

    def close(self) -> None:
        """Leave everything as it is."""
        for table in self._tables.values():
            table.close()
        for log in self._logs.values():
            log.close()
