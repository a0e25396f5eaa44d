#!/bin/sh
# Takes pictures of every page, dark and light, at 1440 and 768 px, with real data, empty and with an error, into
# frontend/screenshots/. Arguments go to Playwright: `screenshots.sh -g dark`.
set -eu
cd "$(dirname "$0")/.."

scripts/page.sh build --if-needed
cd frontend
exec node scripts/e2e.mjs --config=playwright.screenshots.config.ts "$@"
