#!/bin/sh
# Checks the OpenAPI document of a server that it starts by the rules in openapi.spectral.yaml: see test/lint.ts.
set -eu
cd "$(dirname "$0")"
go tool esbuild test/lint.ts --bundle --platform=node --format=esm --packages=external --log-level=warning \
  --outfile=node_modules/.cache/lint.mjs
exec node node_modules/.cache/lint.mjs
