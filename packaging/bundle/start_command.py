"""Where the bundled command line starts."""

import multiprocessing

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a reader process is this program started again
    from negnn_gui.cli import main

    main()
