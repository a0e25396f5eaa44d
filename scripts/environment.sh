#!/bin/sh
# Makes .venv from lock files: `environment.sh requirements.lock`, or `environment.sh requirements-dev.lock`, which holds
# the same versions and more. Does nothing when .venv was made from just these. PYTHON names another interpreter.
#
# An environment whose making was cut short has no stamp and is made anew: pip takes a half-unpacked package for whole.
set -eu
cd "$(dirname "$0")/.."

trap 'echo; echo "Stopped. The next start makes .venv anew." >&2; exit 130' INT

lock=$1
marks=.venv/.made-from

fail() {
    echo "error: $1" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.14; do
        if [ -n "$candidate" ] && is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and none was found. Install one, or name it: make PYTHON=/path/to/python3 ..."
}

is_made_from() {
    cmp -s "$1" "$marks/$1" && cmp -s pyproject.toml "$marks/pyproject.toml" && is_new_enough .venv/bin/python
}

if is_made_from "$lock" && [ -x .venv/bin/sovd ]; then
    exit 0
fi

if [ ! -d "$marks" ] || ! is_new_enough .venv/bin/python; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version) ..."
    rm -rf .venv
    told=$("$python" -m venv .venv 2>&1) ||
        fail "this Python cannot make environments (on Debian and Ubuntu: apt install python3-venv): $told"
fi
rm -rf "$marks" "$marks.new"

echo "Installing the packages of $lock ..."
pip() {
    .venv/bin/python -m pip --disable-pip-version-check --no-input "$@"
}
pip install --quiet --require-hashes --no-deps --no-compile -r "$lock" || fail "installing the packages of $lock failed"
pip install --quiet --no-deps --no-build-isolation --no-index --editable . || fail "installing the project failed"

mkdir "$marks.new"
cp pyproject.toml requirements.lock "$marks.new"
cp "$lock" "$marks.new"
mv "$marks.new" "$marks"
