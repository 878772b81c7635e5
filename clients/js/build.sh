#!/bin/sh
# Builds the demo that the server embeds. Needs Go and no Node: esbuild comes as a Go tool, and the SDK's sources are bundled
# as they are.
set -eu
cd "$(dirname "$0")"
mkdir -p demo/dist
go tool esbuild demo/src/main.ts --bundle --format=esm --minify --target=es2022 --charset=utf8 --legal-comments=none \
  --log-level=warning --outfile=demo/dist/app.js
# The SDK as one file, for pages without a bundler: import { Lobby, Room } from "/skirmish.js".
go tool esbuild sdk/src/index.ts --bundle --format=esm --minify --target=es2022 --charset=utf8 --legal-comments=none \
  --log-level=warning --outfile=demo/dist/skirmish.js
go tool esbuild demo/static/app.css --minify --log-level=warning --outfile=demo/dist/app.css
cp demo/static/index.html demo/static/favicon.svg demo/dist/
