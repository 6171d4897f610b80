"""Where the bundled window starts."""

import multiprocessing
import os
import sys

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a reader process is this program started again
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # a window of Windows has neither, and libraries write to them
            setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    from negnn_gui.__main__ import main

    sys.exit(main())
