"""``python -m negnn_gui.cli``."""

from negnn_gui.cli import main

if __name__ == "__main__":
    main()
