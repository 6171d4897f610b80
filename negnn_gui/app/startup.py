"""From arguments to a window that can be seen; :mod:`negnn_gui.app.running` goes on from there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from negnn_gui import __version__, locations
from negnn_gui.app import reporting
from negnn_gui.app.main_window import MainWindow
from negnn_gui.app.preferences import Preferences
from negnn_gui.app.theme import Theme

if TYPE_CHECKING:
    import argparse

    from negnn_gui.app.running import Running

USAGE_ERROR = 2


def run(arguments: argparse.Namespace) -> int:
    """Show the window until it is closed.

    Returns
    -------
    int
        0; 1 where an unattended run met a problem; 2 for an example that does not exist.
    """
    reporting.listen_to_qt()
    try:
        paths = [*arguments.files, *map(example_path, arguments.example)]
    except FileNotFoundError as error:
        sys.stderr.write(f"negnn-gui: {error}\n")
        return USAGE_ERROR
    application = make_application()
    unattended = bool(arguments.screenshot or arguments.export_csv or arguments.exit)
    window = make_window(application, appearance=arguments.appearance, remember=not unattended)
    if arguments.size:
        window.resize(*arguments.size)
    running: list[Running] = []

    def go_on() -> None:
        if arguments.verbose:
            sys.stderr.write("negnn-gui: window shown\n")  # what packaging/time_start.py waits for
        from negnn_gui.app.running import Running  # most of the program: not before the first paint

        try:
            running.append(Running(window, arguments, paths))
        except Exception:
            if unattended:  # nobody is there to close an empty window
                application.exit(1)
            raise

    window.painted.connect(go_on)
    window.show()
    status = application.exec()
    return running[0].finish() if running else status


def make_application() -> QApplication:
    """The application, named for the desktop."""
    QApplication.setApplicationName("negnn-gui")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("negnn-gui")
    return QApplication(sys.argv[:1])


def make_window(
    application: QApplication, *, appearance: str | None = None, remember: bool = True
) -> MainWindow:
    """The window as it is first seen; not yet shown."""
    preferences = Preferences(remember=remember)
    theme = Theme(application, appearance or preferences.appearance, preferences.font_percent)
    return MainWindow(preferences, theme)


def example_path(name: str) -> Path:
    """File of an example structure.

    Raises
    ------
    FileNotFoundError
        No example is called so.
    """
    examples = {path.stem: path for path in (locations.resources_dir() / "examples").glob("*.*cif")}
    if name not in examples:
        raise FileNotFoundError(f"no example is called {name!r}; there are {', '.join(sorted(examples))}")
    return examples[name]
