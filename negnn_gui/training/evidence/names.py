"""Names of representations and elements as people read them."""

from __future__ import annotations

from negnn_gui.analysis.descriptors import DESCRIPTORS


def representation_title(name: str, encoder: str) -> str:
    """Such as "ours 01 + one-hot", "published-pred 01", "SOAP + element one-hot"."""
    owner, _, rest = name.rpartition(":")
    parts = rest.split("+")
    titles = [DESCRIPTORS[part].title if part in DESCRIPTORS else part for part in parts]
    if owner:
        titles[0] = f"{'ours' if owner == encoder else owner} {titles[0]}"
    return " + ".join(titles)


def element_symbol(z: int) -> str:
    """Symbol of an atomic number."""
    from pymatgen.core import Element

    return str(Element.from_Z(z).symbol)
