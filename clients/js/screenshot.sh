#!/bin/sh
# Makes docs/arena.png from a real game: see test/screenshot.ts.
set -eu
cd "$(dirname "$0")"
go tool esbuild test/screenshot.ts --bundle --platform=node --format=esm --packages=external --log-level=warning \
  --outfile=node_modules/.cache/screenshot.mjs
exec node node_modules/.cache/screenshot.mjs "$@"
