"""Open the window: ``negnn-gui [FILES]`` or ``python -m negnn_gui [FILES]``.

The arguments are understood before Qt is imported, so that ``--help`` and a missing display answer at once.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from negnn_gui import __version__

USAGE_ERROR = 2


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Arguments of the window; those of an unattended run are under their own heading."""
    parser = argparse.ArgumentParser(
        prog="negnn-gui",
        description="Magnetic moments per atom, with intervals and look-alikes, from a crystal structure.",
        epilog="example: negnn-gui NiO.cif more_structures/",
    )
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="structure files or folders to open"
    )
    parser.add_argument(
        "--example", action="append", default=[], metavar="NAME", help="open an example, such as NiO"
    )
    parser.add_argument("--appearance", choices=["system", "light", "dark"], help="for this run only")
    parser.add_argument(
        "--model", metavar="ID", help="moment model to use instead of the one in the settings"
    )
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:N or mps, instead of the one in the settings")
    parser.add_argument(
        "--disorder",
        choices=["ask", "majority", "enumerate", "skip"],
        help="what to do with shared or partly empty sites (unattended: skip unless given)",
    )
    parser.add_argument("--size", type=_size, metavar="WxH", help="window size in pixels, such as 1600x1000")
    parser.add_argument("--verbose", action="store_true", help="write the log to standard error as well")
    parser.add_argument("--version", action="version", version=f"negnn-gui {__version__}")
    unattended = parser.add_argument_group("unattended run: wait until everything opened is predicted, then")
    unattended.add_argument("--screenshot", type=_picture, metavar="PNG", help="save a picture of the window")
    unattended.add_argument("--export-csv", type=Path, metavar="CSV", help="save the sites table")
    unattended.add_argument("--exit", action="store_true", help="close; status 0 if all went well, else 1")
    return parser.parse_args(argv)


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() != ".png":
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .png")
    return path


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{3,5})x(\d{3,5})", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1600x1000")
    return int(match[1]), int(match[2])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the application and return its exit status (2: no display, or wrong usage)."""
    arguments = parse_arguments(argv)
    from negnn_gui.app.display import display_problem

    problem = display_problem()
    if problem is not None:
        sys.stderr.write(f"negnn-gui: {problem}\n")
        return USAGE_ERROR
    from negnn_gui.app.startup import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
