"""An evaluation as people read it: Markdown with one table a question, and a CSV with one row an element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pymatgen.core import Element

from negnn_gui.models.negnn import DFT
from negnn_gui.training.evaluate import MANY_ATOMS, blocks

GROUPS = {
    "all": "all atoms",
    "magnetic": "abs(m) > 0.1 μB",
    "d_block": "d-block",
    "f_block": "f-block",
    "other": "other elements",
}
_ERRORS = ("MAE / μB", "RMSE / μB", "R²", "median error / μB")
_HEADS = {DFT: "DFT abs(m)", "experimental": "Experimental abs(m), sites above 0.05 μB"}


def evaluation_report(model_id: str, split: str, figures: Mapping[str, Any]) -> str:
    """Markdown of the figures of a moment model, by head."""
    sections = [line for head, own in figures.items() for line in _head_lines(head, own)]
    return "\n".join([f"# {model_id}, {split} split", "", *sections])


def element_frame(figures: Mapping[str, Any]) -> pd.DataFrame:
    """One row for each head and element: errors, coverage and width of its intervals."""
    rows = [
        {"head": head, "element": _symbol(z), "atomic_number": int(z), "block": _block(int(z)), **own}
        for head, head_figures in figures.items()
        for z, own in head_figures["elements"].items()
    ]
    return pd.DataFrame(rows)


def _head_lines(head: str, figures: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {_HEADS.get(head, head)}"
    yield ""
    rows = [_error_row(label, figures[key]) for key, label in GROUPS.items() if key in figures]
    if median := figures.get("element_median"):
        rows.append(_error_row("element median instead (all)", median))
    yield from _table(("atoms", "number", *_ERRORS), rows)
    yield ""
    yield interval_sentence(figures["interval"])
    yield from second_state_lines(figures)
    yield ""
    many = {z: own for z, own in figures["elements"].items() if own["atoms"] > MANY_ATOMS}
    shown = many or figures["elements"]
    yield f"Elements with more than {MANY_ATOMS} atoms:" if many else "Elements:"
    yield ""
    yield from _table(
        ("element", "number", *_ERRORS, "coverage", "mean width / μB"),
        [
            (
                *_error_row(_symbol(z), own),
                f"{own['coverage']:.3f}",
                f"{own['mean_width_muB']:.3f}",
            )
            for z, own in shown.items()
        ],
    )
    yield ""
    if peer := figures.get("peer"):
        yield from peer_lines(peer)


def interval_sentence(interval: Mapping[str, Any]) -> str:
    """Coverage and width in one sentence."""
    magnetic = ""
    if interval.get("coverage_magnetic") is not None:
        magnetic = f" ({interval['coverage_magnetic']:.3f} of those above 0.1 μB)"
    return (
        f"{100 * interval['nominal']:.0f} % intervals hold {interval['coverage']:.3f} of the atoms{magnetic}; "
        f"their mean width is {interval['mean_width_muB']:.3f} μB."
    )


def peer_lines(peer: Mapping[str, Any]) -> Iterator[str]:
    """The table of model, element median and peer on the same atoms."""
    yield (
        f"On the same rows as {peer['peer']} (model {peer['peer_model']}): {peer['structures']} structures of at most "
        f"{peer['max_atoms']} atoms, drawn at random; {len(peer['not_predicted'])} it could not predict are left out."
    )
    yield ""
    for key, label in GROUPS.items():
        rows = [_error_row(name, own[key]) for name, own in peer["figures"].items() if key in own]
        if rows:
            yield from _table((label, "number", *_ERRORS), rows)
            yield ""
    if peer["peer"].startswith("CHGNet"):
        yield (
            "CHGNet was trained on structures of the Materials Project (MPtrj): many of these formulas stand in its "
            "training set, and none in ours."
        )
        yield ""


def second_state_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """How often a second spin state is told, and what it is worth beside a random label of the element."""
    second = figures.get("second_state")
    if not second or not second["atoms"]:
        return
    yield (
        f"A second spin state is told for {second['atoms']} atoms ({100 * second['share']:.1f} %), with a mean weight "
        f"of {second['mean_weight']:.2f}: the known moment is nearer to it than to the median for "
        f"{second['nearer_share']:.2f} of them. There the median errs by {second['mae_median_muB']:.3f} μB, the "
        f"nearer of the two by {second['mae_nearer_of_both_muB']:.3f} μB."
    )
    if "random_nearer_share" in second:
        yield (
            f"A random label of the same element, as far from the median as a second state must be, is nearer for "
            f"{second['random_nearer_share']:.2f}, and the nearer of it and the median errs by "
            f"{second['mae_nearer_of_random_muB']:.3f} μB."
        )
    if second.get("wrong"):
        yield (
            f"Where the median is wrong by more than 0.5 μB and a second state is told ({second['wrong']} of "
            f"{second['wrong_in_all']} atoms so wrong), the second state is within 0.3 μB of the known moment for "
            f"{second['wrong_near_share']:.2f}."
        )


def _error_row(label: str, own: Mapping[str, Any]) -> tuple[str, ...]:
    # moments that hardly vary make R² meaningless long before it is undefined
    r2 = "not defined" if own["r2"] is None else "< -10" if own["r2"] < -10 else f"{own['r2']:.3f}"
    return (
        label,
        f"{own['atoms']}",
        f"{own['mae_muB']:.3f}",
        f"{own['rmse_muB']:.3f}",
        r2,
        f"{own['median_error_muB']:.4f}",
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table whose columns also line up on a terminal."""
    width = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first = cells[0].ljust(width[0])
        return f"| {' | '.join([first, *(c.rjust(w) for c, w in zip(cells[1:], width[1:], strict=True))])} |"

    yield line(header)
    yield f"| {' | '.join(['-' * width[0], *('-' * (w - 1) + ':' for w in width[1:])])} |"
    yield from (line(row) for row in rows)


def _symbol(z: str) -> str:
    return str(Element.from_Z(int(z)).symbol)


def _block(z: int) -> str:
    return next(name for name, members in blocks(np.array([z])).items() if members[0])
