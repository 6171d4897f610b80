"""Sections of a model card that are measured after the training, each under its own heading.

A section that is there already is replaced, so that measuring again leaves one table, not two. Cards are not part of
a model's identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from negnn_gui.models.checkpoint import CARD_FILE, ModelFileError
from negnn_gui.models.registry import ModelInfo
from negnn_gui.training.evaluation_report import peer_lines, second_state_lines

SECOND_STATE = "Second spin state"
PEERS = "Beside other programs, on the same atoms"
FEW_LABELS = "Few labels"
PUBLISHED = "Beside the published checkpoint"
RIDGE = "Kernel ridge regression"

_BEFORE = ("What it cannot say", "Licence")
_HEADS = {"dft": "DFT abs(m)", "experimental": "Experimental abs(m)"}


def with_section(card: str, title: str, body: str) -> str:
    """The card with a section of that title: in place of the one it has, else before its last ones."""
    section = [f"## {title}", *body.strip().splitlines(), ""]
    lines = card.splitlines()
    headings = [i for i, line in enumerate(lines) if line.startswith("## ")]
    for i in headings:
        if lines[i] == f"## {title}":
            end = next((j for j in headings if j > i), len(lines))
            return "\n".join([*lines[:i], *section, *lines[end:]]).rstrip() + "\n"
    before = next((i for i in headings if lines[i].removeprefix("## ") in _BEFORE), len(lines))
    return "\n".join([*lines[:before], *section, *lines[before:]]).rstrip() + "\n"


def moment_sections(model_id: str, figures: Mapping[str, Any], few_labels: str | None) -> dict[str, str]:
    """Bodies by title of what an evaluation of a moment model and the small-data table have measured."""
    found: dict[str, str] = {}
    second = [line for own in figures.values() for line in second_state_lines(own)]
    if second:
        found[SECOND_STATE] = "\n".join(second)
    peers: list[str] = []
    for head, own in figures.items():
        if peer := own.get("peer"):
            peers += [f"### {_HEADS.get(head, head)}", *peer_lines(peer)]
    if peers:
        peers.insert(0, f"Command: `negnn evaluate {model_id} --peer chgnet --limit 1000`.\n")
        found[PEERS] = "\n".join(peers)
    if few_labels is not None:
        found[FEW_LABELS] = f"Command: `negnn small-data`.\n\n{few_labels}"
    return found


def rewrite_card(info: ModelInfo, sections: Mapping[str, str]) -> None:
    """Put sections into the card of a registered model.

    Raises
    ------
    ModelFileError
        The card cannot be read or written.
    """
    path = info.folder / CARD_FILE
    try:
        card = path.read_text(encoding="utf-8")
        for title, body in sections.items():
            card = with_section(card, title, body)
        path.write_text(card, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"the card cannot be rewritten ({error})", info.folder) from error
