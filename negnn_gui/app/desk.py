"""What a desktop program offers around its work: copies and names of what is open, and finding one's way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from negnn_gui.app.action_catalogue import named_actions
from negnn_gui.app.last_crash import last_crash
from negnn_gui.app.layouts import Layouts
from negnn_gui.app.model_choice import ModelChoice, load_chosen
from negnn_gui.app.shortcuts import Shortcuts

if TYPE_CHECKING:
    from negnn_gui.app.orderings import Choice
    from negnn_gui.app.views.disorder_dialog import DisorderDialog
    from negnn_gui.app.workbench import Workbench


class Desk(QObject):
    """Carries out the Edit menu; dialogs are made when they are asked for."""

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._window = bench.window
        self._preferences = bench.preferences
        self.layouts = Layouts(bench.window, bench.docks, bench.preferences)
        self.shortcuts = Shortcuts(bench.window, bench.preferences)
        bench.furnished.connect(self._on_furnished)
        self._preferences.unwritable.connect(bench.show_problem)
        self._preferences.changed.connect(self._on_preference)
        self._question: DisorderDialog | None = None
        orderings = bench.controller.orderings
        orderings.asked.connect(self._ask_about_disorder)
        orderings.settled.connect(self._on_settled)

    def link(self) -> None:
        """Take the intents of the list of structures (once the views are there)."""
        listed = self._bench.views.structures
        listed.duplicate_wanted.connect(self._bench.controller.duplicate)
        listed.rename_wanted.connect(self._bench.controller.rename)
        listed.orderings_wanted.connect(self._ask_about_disorder)

    def duplicate(self) -> None:
        """Copy what is highlighted in the list, else the structure that is shown."""
        current = self._bench.session.current
        chosen = self._bench.views.structures.chosen_ids() or ([current.id] if current else [])
        if not chosen:
            self._bench.status.say("Open a structure first; then it can be duplicated.")
        self._bench.controller.duplicate(chosen)

    def rename(self) -> None:
        """Edit the name of the current structure in the list."""
        self._bench.docks["structures"].show()
        if not self._bench.views.structures.rename_chosen():
            self._bench.status.say("Open a structure first; then it can be renamed.")

    def find_action(self) -> None:
        """Type the name of an action, press Enter."""
        from negnn_gui.app.views.action_finder import ActionFinder

        self._open(ActionFinder(named_actions(self._window), self._window))

    def show_settings(self, page: str = "") -> None:
        """The settings, on one of their pages."""
        from negnn_gui.app.views.settings import SettingsDialog

        before = ModelChoice.of_preferences(self._preferences)
        dialog = SettingsDialog(self._bench, page)
        dialog.finished.connect(lambda _result: self._use_models_unless(before))
        self._open(dialog)

    def show_models(self) -> None:
        """Models: read their cards, choose, import, check, remove."""
        from negnn_gui.app.views.models_dialog import ModelsDialog

        dialog = ModelsDialog(self._bench.controller, self._window)
        dialog.use_wanted.connect(self._use_models)
        self._open(dialog)

    def _use_models_unless(self, before: ModelChoice) -> None:
        """Load what was chosen in a dialog, if it is not what was there before."""
        if ModelChoice.of_preferences(self._preferences) != before:
            self._use_models()

    def _use_models(self) -> None:
        chosen = replace(ModelChoice.of_preferences(self._preferences), strict=True)
        self._bench.controller.use_models(lambda: load_chosen(chosen, self._bench.controller.notice.emit))

    # --- disorder -----------------------------------------------------------------------------------

    def choose_orderings(self) -> None:
        """Ask (again) what stands on the shared sites of the structure that is shown."""
        if (parent := self._disordered()) is not None:
            self._ask_about_disorder([parent])

    def show_orderings(self) -> None:
        """The table of the orderings of the structure that is shown."""
        if (parent := self._disordered()) is None:
            return
        if not self._bench.controller.orderings.of(parent):
            self._ask_about_disorder([parent])
            return
        from negnn_gui.app.views.orderings_table import OrderingsTable

        for table in self._window.findChildren(OrderingsTable):
            if table.parent_id == parent:
                table.activateWindow()
                return
        table = OrderingsTable(self._bench.session, parent, self._window)
        table.chosen.connect(self._bench.controller.show_entry)
        table.finished.connect(table.deleteLater)
        table.show()

    def _disordered(self) -> str | None:
        """Id of the disordered structure that is shown, or that the one shown is an ordering of."""
        current = self._bench.session.current
        if current is not None and current.ordering_of in self._bench.session.entries:
            return current.ordering_of
        if current is not None and not current.is_ordered:
            return current.id
        self._bench.status.say("The structure that is shown has no shared or partly empty sites.")
        return None

    def _ask_about_disorder(self, entry_ids: list[str]) -> None:
        entries = [self._bench.session.entries[e] for e in entry_ids]
        if self._question is not None:
            self._question.add(entries)
            return
        from negnn_gui.app.views.disorder_dialog import DisorderDialog

        self._question = DisorderDialog(entries, self._window)
        self._question.finished.connect(self._on_answer)
        self._open(self._question)

    def _on_answer(self, result: int) -> None:
        dialog, self._question = self._question, None
        if dialog is None:
            return
        accepted = result == QDialog.DialogCode.Accepted
        choice = dialog.choice if accepted else "skip"
        if accepted and dialog.remember.isChecked():
            self._preferences.disorder = choice
        self._bench.controller.orderings.settle(
            dialog.entry_ids, cast("Choice", choice), dialog.limit.value()
        )

    def _on_settled(self, entry_id: str) -> None:
        """Show the table where there are several orderings."""
        if len(self._bench.controller.orderings.of(entry_id)) > 1 and self._preferences.remembers:
            self._bench.session.set_current(entry_id)
            self.show_orderings()

    # --- crashes ------------------------------------------------------------------------------------

    def tell_of_crash(self) -> None:
        """The last run ended in a crash: say so, without standing in the way."""
        self._bench.status.say(
            "The program crashed last time; Help > Report of the last crash has the details."
        )

    def show_crash(self) -> None:
        """The report of the last crash, to be copied."""
        if report := last_crash():
            self._bench.show_error(
                "This is what the program wrote down when it crashed last. It names no folders of yours.",
                report,
            )
        else:
            self._bench.status.say("No crash was written down.")

    def _open(self, dialog: QDialog) -> None:
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_preference(self, name: str) -> None:
        """A choice of the settings takes effect."""
        preferences = self._preferences
        if name == "appearance":
            self._bench.theme.set_appearance(preferences.appearance)
        elif name == "font_percent":
            self._bench.theme.set_font_percent(preferences.font_percent)
        elif name == "element_colours":
            session = self._bench.session
            session.set_colouring(replace(session.colouring, scheme=preferences.element_colours))

    def _on_furnished(self) -> None:
        self.shortcuts.apply()
        self._on_preference("element_colours")
        if self._preferences.problem:
            self._bench.show_problem(self._preferences.problem)
