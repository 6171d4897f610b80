#!/bin/sh
# Prints the Python interpreter to make .venv with: 3.11 to 3.13, able to make virtual environments.
# The caller's choice in PYTHON comes first; nothing suitable is one sentence on standard error and status 1.
set -eu

suits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1
}

makes_environments() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

if [ -n "${PYTHON:-}" ]; then
    if suits "$PYTHON" && makes_environments "$PYTHON"; then
        printf '%s\n' "$PYTHON"
        exit 0
    fi
    echo "PYTHON=$PYTHON is no Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip; choose another." >&2
    exit 1
fi

incomplete=
for name in python3 python3.12 python3.13 python3.11 python \
    /opt/homebrew/bin/python3.12 /opt/homebrew/bin/python3.13 /opt/homebrew/bin/python3.11 \
    /usr/local/bin/python3.12 /usr/local/bin/python3.13 /usr/local/bin/python3.11; do
    found=$(command -v "$name" 2>/dev/null) || continue
    suits "$found" || continue
    if makes_environments "$found"; then
        printf '%s\n' "$found"
        exit 0
    fi
    incomplete=${incomplete:-$found}
done

if [ -n "$incomplete" ]; then
    echo "$incomplete cannot make virtual environments; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2
elif [ "$(uname -s)" = Darwin ]; then
    echo "No Python 3.11, 3.12 or 3.13 was found; install one (brew install python@3.12) or name it: make run PYTHON=/path/to/python3" >&2
else
    echo "No Python 3.11, 3.12 or 3.13 was found; install one (sudo apt-get install python3 python3-venv) or name it: make run PYTHON=/path/to/python3" >&2
fi
exit 1
