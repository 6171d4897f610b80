"""Session files in the window: save, open, a copy every two minutes, and a crash's copy offered at the next start."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox

from negnn_gui import locations
from negnn_gui.app.file_dialogs import ask_for_file, ask_where_to_save
from negnn_gui.app.session import EntryStatus, Stage

if TYPE_CHECKING:
    from negnn_gui.app.workbench import Workbench
    from negnn_gui.export.session_file import SavedSession
    from negnn_gui.screening.lock import FolderLock

logger = logging.getLogger(__name__)

AUTOSAVE_EVERY_MS = 120_000
_KIND = "negnn-gui session (*.negnn)"
_SUFFIX = ".negnn"


class SessionFiles(QObject):
    """Keeps what is open in files.

    Attributes
    ----------
    path : Path or None
        The file of the session that is open, once it has one.
    changed : bool
        Whether anything changed since it was saved or opened.
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self.path: Path | None = None
        self.changed = False
        self._unkept = False  # changed since the last copy
        self._complained = False
        self._folder: Path | None = None
        self._lock: FolderLock | None = None
        self._left: tuple[Path, FolderLock] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(AUTOSAVE_EVERY_MS)
        self._timer.timeout.connect(self.autosave)
        bench.controller.session_wanted.connect(self.open)
        bench.furnished.connect(self._begin)

    def add_to(self, menu: QMenu) -> None:
        """Add Open session, Save session and Save session as."""
        for text, act, keys, tip in (
            (
                "Open sess&ion…",
                self.choose,
                None,
                "Open structures, results, selection and views saved before",
            ),
            ("&Save session", self.save, "Ctrl+S", "Save structures, results, selection and views"),
            ("Save session &as…", self.save_as, "Ctrl+Shift+S", "Save the session under another name"),
        ):
            action = menu.addAction(text)
            action.triggered.connect(lambda _checked=False, act=act: act())
            action.setToolTip(tip)
            if keys is not None:
                action.setShortcut(QKeySequence(keys))

    # --- intents ------------------------------------------------------------------------------------

    def save(self) -> None:
        """Save to the file of the session, or ask for one."""
        if self.path is None:
            self.save_as()
        else:
            self.save_to(self.path)

    def save_as(self) -> None:
        """Ask for a file and save to it."""
        bench = self._bench
        start = self.path or Path(bench.preferences.folder) / f"session{_SUFFIX}"

        def save(path: Path, _kind: str) -> None:
            bench.preferences.folder = str(path.parent)
            self.save_to(path)

        ask_where_to_save(bench.window, "Save session", start, save, _KIND)

    def save_to(self, path: Path) -> None:
        """Save to a file, which becomes that of the session."""
        self.changed = False
        self._write(path, self._on_saved, self._on_not_saved)

    def choose(self) -> None:
        """Ask which session to open."""
        bench = self._bench

        def take(path: Path) -> None:
            bench.preferences.folder = str(path.parent)
            self.open(path)

        ask_for_file(bench.window, "Open session", bench.preferences.folder, take, _KIND)

    def open(self, path: Path) -> None:
        """Open a session in the place of what is open; asks first where that was not saved."""
        if not (self.changed and self._bench.session.entries):
            self._load(path)
            return
        count = len(self._bench.session.entries)
        what = "the structure that is" if count == 1 else f"the {count:,} structures that are"
        box = QMessageBox(self._bench.window)
        box.setObjectName("replace-session")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Open session")
        box.setText(f"Opening {path.name} closes {what} open and not saved as a session.")
        box.addButton("Open", QMessageBox.ButtonRole.AcceptRole).clicked.connect(lambda: self._load(path))
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.finished.connect(box.deleteLater)
        box.open()

    def autosave(self) -> None:
        """Keep a copy of what changed since the last one, for the case of a crash."""
        if not self._unkept or not (self._bench.session.entries or self._bench.session.read_failures):
            return
        if self._folder is None and not self._make_folder():
            return
        assert self._folder is not None
        self._unkept = False
        self._write(self._folder / f"copy{_SUFFIX}", lambda path: None, self._on_not_kept)

    def finish(self, joined: bool) -> None:
        """The window has closed: the copy goes, unless it holds changes that the session's own file lacks."""
        self._timer.stop()
        keep = not joined or (self.path is not None and self.changed)
        for lock in (self._lock, self._left[1] if self._left is not None else None):
            if lock is not None:
                lock.release()
        if self._folder is not None and not keep:
            shutil.rmtree(self._folder, ignore_errors=True)

    def before_closing(self) -> None:
        """Changes of a session that has a file are copied once more, to be offered at the next start."""
        if self.path is not None and self.changed and self._timer.isActive():
            self._unkept = True
            self.autosave()

    # --- answers ------------------------------------------------------------------------------------

    def _write(self, path: Path, done: Callable[[Path], None], refused: Callable[[Path, str], None]) -> None:
        session = captured(self._bench)

        def work() -> None:
            from negnn_gui.export.session_file import write_session

            write_session(path, session)

        self._bench.controller.run_errand(
            "Saving", work, lambda _: done(path), lambda reason: refused(path, reason), must_finish=True
        )

    def _load(self, path: Path, recovering: bool = False) -> None:
        def work() -> SavedSession | str:
            from negnn_gui.export.session_file import SessionFileError, read_session

            try:
                return read_session(path)
            except SessionFileError as error:
                return str(error)

        self._bench.controller.run_errand(
            "Reading", work, lambda found: self._on_loaded(path, found, recovering)
        )

    def _on_saved(self, path: Path) -> None:
        self._name(path)
        self._bench.status.say(f"Saved {path}")

    def _on_not_saved(self, path: Path, reason: str) -> None:
        self.changed = True
        self._bench.show_problem(f"{path.name} could not be saved: {reason}")

    def _on_not_kept(self, path: Path, reason: str) -> None:
        logger.warning("no copy of the session could be kept: %s", reason)
        self._unkept = True
        if not self._complained:  # every two minutes would be too often
            self._complained = True
            self._bench.status.say(f"No copy of the session can be kept for the case of a crash: {reason}.")

    def _on_loaded(self, path: Path, found: SavedSession | str, recovering: bool) -> None:
        if isinstance(found, str):
            self._bench.show_problem(found)
            return
        restore(self._bench, found)
        self.changed = recovering
        self._unkept = True
        if recovering:
            self.path = None
            self.autosave()
            self._forget_left()
            self._bench.status.say("Restored what was open; save it as a session to keep it.")
        else:
            self._name(path)
            self._bench.status.say(f"Opened {path}")

    def _name(self, path: Path) -> None:
        self.path = path
        self._bench.window.setWindowTitle(f"{path.stem} - negnn-gui")

    def _on_change(self, *_what: object) -> None:
        self.changed = self._unkept = True

    # --- copies -------------------------------------------------------------------------------------

    def _begin(self) -> None:
        session = self._bench.session
        for signal in (
            session.entries_changed,
            session.analysis_changed,
            session.selection_changed,
            session.colouring_changed,
            session.levels_changed,
            session.style_changed,
        ):
            signal.connect(self._on_change)
        if self._bench.preferences.remembers:
            self._unkept = bool(session.entries)
            self._timer.start()
            self._offer_left()

    def _make_folder(self) -> bool:
        from negnn_gui.screening.lock import FolderLock

        folder = copies_folder() / f"{os.getpid()}-{secrets.token_hex(4)}"
        try:
            folder.mkdir(parents=True)
            self._lock = FolderLock(folder)
        except OSError as error:
            logger.warning("no copies of the session can be kept: %s", error)
            self._timer.stop()
            return False
        self._folder = folder
        return True

    def _offer_left(self) -> None:
        """Offer the latest copy of a program that is no longer running and did not remove it."""
        left = _left_copies()
        for copy, lock in left[1:]:  # older ones are offered another time
            lock.release()
            logger.info("another copy of a session is in %s", copy)
        if not left:
            return
        copy, self_lock = left[0]
        self._left = (copy, self_lock)
        when = time.strftime("%d %B %Y, %H:%M", time.localtime(copy.stat().st_mtime))
        box = QMessageBox(self._bench.window)
        box.setObjectName("recovery")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Restore")
        box.setText(f"negnn-gui was closed before its session was saved. A copy of {when} is there.")
        box.setInformativeText("Restore opens what was open then, with its results.")
        restore_ = box.addButton("Restore", QMessageBox.ButtonRole.AcceptRole)
        restore_.clicked.connect(lambda: self._load(copy, recovering=True))
        box.addButton("Delete the copy", QMessageBox.ButtonRole.DestructiveRole).clicked.connect(
            self._forget_left
        )
        box.addButton("Ask next time", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(restore_)
        box.finished.connect(box.deleteLater)
        box.open()

    def _forget_left(self) -> None:
        if self._left is not None:
            copy, lock = self._left
            self._left = None
            lock.release()
            shutil.rmtree(copy.parent, ignore_errors=True)


def copies_folder() -> Path:
    """Where running programs keep copies of their sessions, each in a folder of its own."""
    return locations.user_data_dir() / "autosave"


def _left_copies() -> list[tuple[Path, FolderLock]]:
    """Copies whose program is gone, the latest first, each with the hold of its folder."""
    if not copies_folder().is_dir():
        return []
    from negnn_gui.screening.lock import FolderLock, LockedError

    found: list[tuple[Path, FolderLock]] = []
    for folder in copies_folder().iterdir():
        copy = folder / f"copy{_SUFFIX}"
        try:
            if copy.is_file():
                found.append((copy, FolderLock(folder)))
        except (LockedError, OSError):
            continue
    return sorted(found, key=lambda item: item[0].stat().st_mtime, reverse=True)


# --- window <-> session file ----------------------------------------------------------------------------


def captured(bench: Workbench) -> SavedSession:
    """What the window holds now."""
    from negnn_gui.app.scene.view_state import colouring_to_dict
    from negnn_gui.export.session_file import SavedSession

    session = bench.session
    entries = session.entries
    current = session.current
    return SavedSession(
        entries=tuple(entries.values()),
        analyses=session.analyses,
        reasons={name: reason for name in entries if (reason := session.status(name).reason)},
        left_out=frozenset(name for name in entries if session.status(name).stage is Stage.SKIPPED),
        read_failures=session.read_failures,
        selection=session.selection,
        current=None if current is None else current.id,
        views={
            "levels": session.levels,
            "colouring": colouring_to_dict(session.colouring),
            "styles": session.views.to_dict(entries),
        },
        settings={"atlas": bench.menus.atlas.isChecked(), "auto_predict": bench.preferences.auto_predict},
    )


def restore(bench: Workbench, saved: SavedSession) -> None:
    """Show a session in the place of what is open; results are taken over, nothing is computed."""
    session, controller = bench.session, bench.controller
    controller.cancel()
    session.dismiss_read_failures(session.read_failures)
    session.remove_entries(list(session.entries))
    session.add_entries(saved.entries)
    answered = [*saved.analyses, *(name for name in saved.reasons if name not in saved.analyses)]
    generation = session.begin_prediction(answered)
    for analysis in saved.analyses.values():
        session.accept(generation, analysis)
    for name, reason in saved.reasons.items():
        session.reject(generation, name, reason)
        if name in saved.left_out:  # a choice, not a failure
            session.set_aside(name, EntryStatus(Stage.SKIPPED, reason))
    for parent in {entry.ordering_of for entry in saved.entries if entry.ordering_of}:
        session.set_aside(parent, EntryStatus(Stage.SETTLED))
    if saved.read_failures:
        session.add_read_failures(saved.read_failures)
    _restore_views(bench, saved)
    if saved.current is not None:
        session.set_current(saved.current)
    session.select(saved.selection)


def _restore_views(bench: Workbench, saved: SavedSession) -> None:
    """Views that make no sense are left as they are: they cost no structure."""
    from negnn_gui.app.scene.view_state import ViewStates, colouring_from_dict

    session, views = bench.session, saved.views
    try:
        if "styles" in views:
            session.restore_views(ViewStates.from_dict(views["styles"], saved.renamed))
        if "colouring" in views:
            session.set_colouring(colouring_from_dict(views["colouring"]))
        levels = views.get("levels")
        if isinstance(levels, str) and levels.isdigit() and len(set(levels)) == len(levels) <= 6:
            session.set_levels(levels)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        bench.status.say(f"The views of the session could not be restored: {error}")
    wanted: Any = saved.settings.get("atlas")
    if isinstance(wanted, bool) and bench.menus.atlas.isEnabled():
        bench.menus.atlas.setChecked(wanted)
