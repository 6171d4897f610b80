#!/bin/sh
# Installs those libraries of system-packages.txt that this Debian or Ubuntu lacks; with --checks also the tools of
# system-packages-checks.txt, by which the tests judge the files for the desktop. Without the right to do so it prints
# the command and goes on, for the program may well work without; elsewhere it does nothing.
set -eu

list=$(dirname "$0")/system-packages.txt
case ${1:-} in
    "") wanted_lists=$list ;;
    --checks) wanted_lists="$list $(dirname "$0")/system-packages-checks.txt" ;;
    *) echo "usage: install-system-packages.sh [--checks]" >&2; exit 2 ;;
esac
[ "$(uname -s)" = Linux ] || exit 0
if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "If no window appears, install what this system calls the libraries in $list."
    exit 0
fi

# A newer release may carry a library under another name that "provides" the old one (libglib2.0-0t64).
present=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Provides}\n' | sed -n 's/^ii//p' | tr ', ' '\n\n')
missing=
# shellcheck disable=SC2013,SC2086  # lists of words are meant
for package in $(cat $wanted_lists); do
    printf '%s\n' "$present" | grep -qxF "$package" || missing="$missing $package"
done

# A Python without venv is mended here too; find-python.sh says what is wrong with the others.
if [ -z "${PYTHON:-}" ] && ! sh "$(dirname "$0")/find-python.sh" >/dev/null 2>&1; then
    missing="$missing python3 python3-venv"
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "These system packages are missing and may be needed for the window; install them with"
    echo "    sudo apt-get install --no-install-recommends$missing"
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing system packages:$missing"
apt-get update -qq || echo "The package lists could not be brought up to date; going on with those at hand."
wanted=
for package in $missing; do
    if apt-get install --simulate -qq "$package" >/dev/null 2>&1; then
        wanted="$wanted $package"
    else
        echo "This release has no $package; going on without."
    fi
done
[ -n "$wanted" ] || exit 0
# shellcheck disable=SC2086  # a list of words is meant
apt-get install -y -qq --no-install-recommends $wanted >/dev/null || {
    echo "They could not be installed; when the network is back, run"
    echo "    apt-get install --no-install-recommends$wanted"
}
