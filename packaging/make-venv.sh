#!/bin/sh
# Makes or completes .venv at the checkout's root: "make-venv.sh run" for the program, "make-venv.sh test" with the
# tools of the checks, "docs" and "bundle" with those of the documentation and of the bundles. The stamps
# .venv/.ready-* tell make that nothing is left to do.
set -eu

purpose=$1
cd "$(dirname "$0")/.."
python=.venv/bin/python

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1; then
    chosen=$(sh packaging/find-python.sh)
    echo "Making .venv with $chosen ($("$chosen" --version 2>&1))."
    "$chosen" -m venv --clear .venv
fi

case $purpose in
    run) target=. ;;
    test|docs) target=".[$purpose]" ;;
    bundle) target='.[bundle,explore]' ;;
    *) echo "usage: make-venv.sh run|test|docs|bundle" >&2; exit 2 ;;
esac

echo "Installing the program and what it needs into .venv (minutes the first time, about 2 GB)."
PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_DISABLE_PIP_VERSION_CHECK
install() {
    # Progress is for people; a log wants the errors.
    if [ -t 1 ]; then set -- --progress-bar on "$@"; else set -- -qq "$@"; fi
    "$python" -m pip install -c packaging/constraints.txt "$@"
}
# torch goes first: asked for together with what depends on it, pip may settle on another build of it.
install "$(grep '^torch==' packaging/constraints.txt)"
install -e "$target"

touch .venv/.ready-run ".venv/.ready-$purpose"
