#!/bin/sh
# Writes sdk/src/lobby/api.gen.ts, the types of the lobby's REST interface: see test/types.ts.
set -eu
cd "$(dirname "$0")"
go tool esbuild test/types.ts --bundle --platform=node --format=esm --packages=external --log-level=warning \
  --outfile=node_modules/.cache/types.mjs
exec node node_modules/.cache/types.mjs
