"""``negnn predict`` with a property model: its number of every site or structure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from negnn_gui.cli.console import FAILED_INPUTS, CommandError, say
from negnn_gui.cli.options import DisorderChoice, table_format

if TYPE_CHECKING:
    from negnn_gui.inference.property_models import LoadedPropertyModel, PropertyAnswer
    from negnn_gui.structures.entry import StructureEntry


def is_of_property(model: str) -> bool:
    """Whether a name is that of a property model; an unknown one is left to whoever loads it."""
    from negnn_gui.models import registry

    return any(info.id == model for info in registry.list_models("property"))


def predict_property(model: str, paths: Sequence[Path], output: Path, disorder: DisorderChoice) -> int:
    """Write the table, a .meta.json beside it and, if anything failed, an .errors.csv; returns the exit status.

    Raises
    ------
    CommandError
        The model cannot be used, or the table cannot be written.
    """
    import pandas as pd

    from negnn_gui import __version__
    from negnn_gui.inference.property_models import open_property_model, predict_entries
    from negnn_gui.models import registry
    from negnn_gui.models.checkpoint import ModelFileError
    from negnn_gui.models.registry import UnknownModelError

    kind = table_format(output, "the numbers are")
    if not output.parent.is_dir():
        raise CommandError(f"{output.parent} is not a folder: make it first")
    try:
        loaded = open_property_model(registry.get(model, "property"))
    except (UnknownModelError, ModelFileError) as error:
        raise CommandError(str(error)) from error
    rows: list[dict[str, Any]] = []
    failures: list[dict[str, str]] = []
    for answer in predict_entries(loaded, _readable(paths, disorder, failures)):
        if answer.failure:
            failures.append({"input": answer.entry.name, "reason": answer.failure})
        else:
            rows += _rows(loaded, answer)
    if not rows and failures:
        raise CommandError(f"nothing could be predicted; {failures[0]['input']}: {failures[0]['reason']}")
    frame = pd.DataFrame(rows)
    meta = {
        "program": f"negnn-gui {__version__}",
        "model": {"id": loaded.ref.id, "sha256": loaded.ref.sha256},
        "encoder": {"id": loaded.encoder_ref.id, "sha256": loaded.encoder_ref.sha256},
        "target": loaded.target,
        "of": loaded.of,
        "interval": "90 %, in the unit of the column that the model learned",
    }
    try:
        if kind == "csv":
            frame.to_csv(output, index=False)
        else:
            frame.to_parquet(output, index=False)
        output.with_name(f"{output.stem}.meta.json").write_text(
            json.dumps(meta, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        if failures:
            pd.DataFrame(failures).to_csv(output.with_name(f"{output.stem}.errors.csv"), index=False)
    except OSError as error:
        raise CommandError(f"{error.filename or output}: {error.strerror or error}") from error
    typer.echo(f"wrote {output}: {len(rows)} rows, {len(failures)} failed")
    if failures:
        say(f"{failures[0]['input']}: {failures[0]['reason']}")
    return FAILED_INPUTS if failures else 0


def _readable(
    paths: Sequence[Path], disorder: DisorderChoice, failures: list[dict[str, str]]
) -> Iterator[StructureEntry]:
    from negnn_gui.structures.disorder import DisorderError, names_of_orderings, resolve_disorder
    from negnn_gui.structures.entry import StructureEntry
    from negnn_gui.structures.expand import expand_paths
    from negnn_gui.structures.reading import read_structures

    for path in expand_paths(paths):
        for entry in read_structures(path):
            if not isinstance(entry, StructureEntry):
                failures.append({"input": path.name, "reason": entry.reason})
                continue
            try:
                yield from names_of_orderings(resolve_disorder(entry, disorder.value))
            except DisorderError as error:
                failures.append({"input": entry.name, "reason": str(error)})


def _rows(loaded: LoadedPropertyModel, answer: PropertyAnswer) -> Iterator[dict[str, Any]]:
    """One row a structure, or one a site; "no data" is an empty cell."""
    entry = answer.entry
    for site, value in enumerate(answer.values):
        of_site = {"site_index": site, "site_label": entry.site_labels[site], "element": entry.elements[site]}
        yield {
            "structure": entry.name,
            "formula": entry.formula,
            **(of_site if loaded.of == "site" else {}),
            f"{loaded.target}_pred": float(value),
            f"{loaded.target}_lo": float(value) - loaded.half_width,
            f"{loaded.target}_hi": float(value) + loaded.half_width,
        }
