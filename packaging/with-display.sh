#!/bin/sh
# Runs a program that opens windows; without a display, on a virtual one (Xvfb).
set -eu

if [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ]; then
    exec "$@"
fi
if ! command -v xvfb-run >/dev/null 2>&1; then
    echo "There is no display and no Xvfb; on Debian and Ubuntu: sudo apt-get install xvfb xauth" >&2
    exit 1
fi
QT_QPA_PLATFORM=xcb exec xvfb-run -a -s "-screen 0 1920x1200x24" "$@"
