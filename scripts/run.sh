#!/bin/sh
# `make run`: makes .venv and the web page if need be and starts the service with the demo fleet. Being stopped with Ctrl-C is what was
# asked for and no failure, also while packages are being installed.
set -eu
cd "$(dirname "$0")/.."

code=0
scripts/environment.sh requirements.lock || code=$?
if [ "$code" -eq 130 ]; then
    exit 0
elif [ "$code" -ne 0 ]; then
    exit "$code"
fi

code=0
scripts/page.sh build --if-needed || code=$?
if [ "$code" -eq 130 ]; then
    exit 0
elif [ "$code" -ne 0 ]; then
    echo "The web page could not be built, see above. The service starts with what there is of it; the API works in any case." >&2
fi

# With `exec` the service itself gets the signals.
SOVD_DEMO_FLEET=${SOVD_DEMO_FLEET:-true} exec .venv/bin/sovd serve
