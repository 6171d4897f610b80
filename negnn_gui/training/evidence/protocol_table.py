"""The table of the kernel ridge protocol, for the report and for an encoder's card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from negnn_gui.training.evidence.cells import read_rows
from negnn_gui.training.evidence.claims import LAPLACIAN
from negnn_gui.training.evidence.names import representation_title
from negnn_gui.training.evidence.regression import PROTOCOL_TABLE
from negnn_gui.training.evidence.summary import Row, means

PUBLISHED = "published-"
_TEXT = (
    "Kernel ridge (Laplacian) on DFT abs(m) > 0.1 μB: one site for each structure, element and moment of 1,000 test "
    "structures, five parts by structure, trained on four, grid search and scaling on the training part only; mean ± "
    "standard deviation over the parts. The published checkpoints are not part of this program; they were measured by "
    "the same code on the same sites. Command: `negnn reproduce --task krr_protocol --encoder {encoder}`."
)


def protocol_table(rows: Sequence[Row], encoder: str) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and rows, the best representation first; both empty where nothing was measured."""
    own = [row for row in rows if row["method"] == LAPLACIAN]
    mae, rmse, r2 = (means(own, ("representation",), column) for column in ("mae", "rmse", "r2"))
    if not mae:
        return (), ()
    table = [
        (
            representation_title(key[0], encoder),
            str(mean),
            str(rmse[key]),
            f"{r2[key].value:.3f}",
            str(mean.n),
        )
        for key, mean in sorted(mae.items(), key=lambda item: item[1].value)
    ]
    return ("representation", "MAE (μB)", "RMSE (μB)", "R²", "parts"), tuple(table)


def read_protocol(folder: Path, encoder: str) -> str:
    """What a folder of ``negnn reproduce`` says of an encoder in this protocol, beside descriptors and the published.

    Raises
    ------
    FileNotFoundError
        The folder holds no such table.
    """
    path = folder / f"{PROTOCOL_TABLE.name}.csv"
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no {path.name}: negnn reproduce --out {folder} makes it")

    def wanted(name: str) -> bool:
        owner = name.rpartition(":")[0]
        return not owner or owner == encoder or owner.startswith(PUBLISHED)

    rows = [row for row in read_rows(path, PROTOCOL_TABLE) if wanted(row["representation"])]
    if not any(row["representation"].startswith(f"{encoder}:") for row in rows):
        return "The protocol has not been measured for this encoder.\n"
    header, table = protocol_table(rows, encoder)
    lines = [_TEXT.format(encoder=encoder), "", f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in table]) + "\n"
