"""Where a bundle starts: the command line where it is called ``negnn``, the window by any other name.

Both programs of a bundle hold the same code; on Linux one is a link to the other.
"""

import multiprocessing
import os
import sys
from pathlib import Path

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a reader process is this program started again
    if Path(sys.argv[0]).stem == "negnn":
        from negnn_gui.cli import main as command

        command()
    else:
        for stream in ("stdout", "stderr"):
            if getattr(sys, stream) is None:  # a window of Windows has neither, and libraries write to them
                setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        from negnn_gui.__main__ import main as window

        sys.exit(window())
