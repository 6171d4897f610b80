#!/bin/sh
# Opens the window on the files given. Without a display the same program runs on a virtual one (Xvfb) and leaves a
# picture of its window and the sites table under out/.
set -eu

cd "$(dirname "$0")/.."
program=.venv/bin/negnn-gui

if [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}" ] || [ -n "${WAYLAND_DISPLAY:-}" ]; then
    exec "$program" "$@"
fi

mkdir -p out
rm -f out/window.png out/sites.csv out/sites.meta.json
unattended="--size 1600x1000 --screenshot out/window.png --export-csv out/sites.csv --exit"
if command -v xvfb-run >/dev/null 2>&1; then
    echo "There is no display (neither DISPLAY nor WAYLAND_DISPLAY is set): running on a virtual one (Xvfb) instead."
    # shellcheck disable=SC2086  # options without blanks
    QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1920x1200x24" "$program" "$@" $unattended
else
    echo "There is no display and no Xvfb (sudo apt-get install xvfb xauth): drawing the window unseen instead."
    # shellcheck disable=SC2086
    QT_QPA_PLATFORM=offscreen "$program" "$@" $unattended
fi
for made in out/window.png out/sites.csv; do
    [ -s "$made" ] || { echo "$made was not written; the lines above say why." >&2; exit 1; }
done
echo "Wrote out/window.png and out/sites.csv."
