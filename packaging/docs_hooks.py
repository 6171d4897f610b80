"""What MkDocs does not do by itself: equations without scripts, and the cards of the shipped models.

Formulas stand in the pages as ```` ```math ```` blocks, which GitHub draws too; here they become MathML, which every
browser draws without a script or a request to anyone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

ROOT = Path(__file__).resolve().parent.parent
CARDS = "<!-- the cards stand here -->"
_FORMULA = re.compile(r"^```math\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Called by MkDocs with the text of each page."""
    if CARDS in markdown:
        markdown = markdown.replace(CARDS, model_cards(ROOT / "resources" / "models"))
    return _FORMULA.sub(
        lambda found: f"\n<div>{convert(found[1].strip(), display='block')}</div>\n", markdown
    )


def model_cards(folder: Path) -> str:
    """The cards of all models below a folder, their headings one level further down."""
    cards = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*/README.md"))]
    return "\n\n".join(re.sub(r"^#", "##", card, flags=re.MULTILINE) for card in cards)
