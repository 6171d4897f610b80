"""Structures whose sites are shared or partly empty: nothing is predicted for them until it is said how."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, cast

from PySide6.QtCore import QObject, QTimer, Signal

from negnn_gui.app.session import EntryStatus, Stage

if TYPE_CHECKING:
    from negnn_gui.app.controller import Controller
    from negnn_gui.structures.entry import StructureEntry

MOST_ORDERINGS = 20
Choice = Literal["majority", "enumerate", "skip"]

LEFT_OUT = "Not predicted: it has shared or partly empty sites; Predict asks again what to do with them."


class Orderings(QObject):
    """Puts ordered structures in the place of disordered ones, as the settings or the user say.

    ``asked`` carries ids of structures that wait for a choice: :meth:`settle` is the answer. ``settled`` carries the
    id of a disordered structure whose orderings were found and are now being predicted.

    Attributes
    ----------
    choice : str
        "ask", or what is done without asking; the settings' unless a run without a user says otherwise.
    """

    asked = Signal(object)
    settled = Signal(str)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self._session = controller.session
        self.choice = ""
        self._asking: dict[str, None] = {}
        # What is opened together comes in lumps and is asked about once.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(150)
        self._timer.timeout.connect(self._ask)

    def without_disorder(self, entry_ids: Iterable[str]) -> list[str]:
        """The ordered ones of these structures; the others are settled, or asked about."""
        known = self._session.entries
        wanted = list(entry_ids)
        disordered = [entry_id for entry_id in wanted if not known[entry_id].is_ordered]
        if not disordered:
            return wanted
        choice = self.choice or self._controller.preferences.disorder
        if choice == "ask":
            self._asking |= dict.fromkeys(disordered)
            self._timer.start()
        else:
            self.settle(disordered, cast("Choice", choice))
        aside = set(disordered)
        return [entry_id for entry_id in wanted if entry_id not in aside]

    def settle(self, entry_ids: Iterable[str], choice: Choice, limit: int = MOST_ORDERINGS) -> None:
        """Leave structures out, or find their orderings and predict those."""
        for entry_id in entry_ids:
            self._asking.pop(entry_id, None)
            if (entry := self._session.entries.get(entry_id)) is None:
                continue
            if choice == "skip":
                self._session.set_aside(entry_id, EntryStatus(Stage.SKIPPED, LEFT_OUT))
            else:
                self._find(entry, choice, limit)

    def of(self, entry_id: str) -> list[StructureEntry]:
        """The orderings of a disordered structure that are open."""
        return [entry for entry in self._session.entries.values() if entry.ordering_of == entry_id]

    def record(self) -> dict[str, str]:
        """What was chosen for each disordered structure, by its name: for the sidecar of a table."""
        chosen = {}
        for entry in self._session.entries.values():
            if entry.is_ordered:
                continue
            made = self.of(entry.id)
            name = f"{entry.name} [{entry.frame}]" if entry.frame else entry.name
            if not made:
                chosen[name] = "skip"
            elif made[0].ordering == "majority":
                chosen[name] = "majority"
            else:
                chosen[name] = f"enumerate ({len(made)} ordering{'s' if len(made) > 1 else ''})"
        return chosen

    def _ask(self) -> None:
        known = self._session.entries
        if wanted := [entry_id for entry_id in self._asking if entry_id in known]:
            self.asked.emit(wanted)

    def _find(self, entry: StructureEntry, choice: Choice, limit: int) -> None:
        def work() -> list[StructureEntry]:
            from negnn_gui.structures.disorder import names_of_orderings, resolve_disorder

            return names_of_orderings(resolve_disorder(entry, choice, limit))

        self._session.enqueue([entry.id])
        self._controller.run_errand(
            "Ordering",
            work,
            lambda found: self._take(entry, found),
            lambda reason: self._session.set_aside(entry.id, EntryStatus(Stage.FAILED, reason)),
        )

    def _take(self, entry: StructureEntry, found: list[StructureEntry]) -> None:
        if entry.id not in self._session.entries:
            return  # closed meanwhile
        before = [old.id for old in self.of(entry.id)]
        self._controller.history.choose_orderings(entry.id, before, found, EntryStatus(Stage.SETTLED))
        self.settled.emit(entry.id)
        self._controller.predict([one.id for one in found])
