#!/bin/sh
# Measures how the demo feels in a Chromium behind simulated networks: see test/measure.ts. Takes six minutes.
set -eu
cd "$(dirname "$0")"
go tool esbuild test/measure.ts --bundle --platform=node --format=esm --packages=external --log-level=warning \
  --outfile=node_modules/.cache/measure.mjs
exec node node_modules/.cache/measure.mjs "$@"
