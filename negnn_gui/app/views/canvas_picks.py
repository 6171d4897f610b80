"""Which drawn atoms the selected sites stand for, in the order they were picked: what a measurement needs."""

from __future__ import annotations

from negnn_gui.app.scene.measure import AtomRef


class Picks:
    """The selected sites, and for each the images that were pointed at.

    A site chosen elsewhere (in the table, on the map) stands for its image in the cell of the file.
    """

    def __init__(self) -> None:
        self.sites: frozenset[int] = frozenset()
        self._refs: list[AtomRef] = []

    @property
    def refs(self) -> tuple[AtomRef, ...]:
        """The atoms, first picked first."""
        return tuple(self._refs)

    def clear(self) -> None:
        """Forget everything."""
        self.sites, self._refs = frozenset(), []

    def replace(self, ref: AtomRef | None) -> None:
        """A click: only this atom, or none."""
        self._refs = [] if ref is None else [ref]

    def toggle(self, ref: AtomRef) -> str:
        """A click with Ctrl: add the atom or take it away.

        Returns
        -------
        str
            How the selection of sites changes: "add" or "toggle".
        """
        if ref in self._refs:
            self._refs.remove(ref)
            others = any(other.site == ref.site for other in self._refs)
            return "add" if others else "toggle"
        known = ref.site in self.sites
        self._refs.append(ref)
        return "add" if known else "toggle"

    def set_sites(self, sites: frozenset[int]) -> None:
        """Follow the selection: drop atoms of other sites, add the sites that no atom stands for."""
        self.sites = sites
        self._refs = [ref for ref in self._refs if ref.site in sites]
        covered = {ref.site for ref in self._refs}
        self._refs += [AtomRef(site) for site in sorted(sites - covered)]
