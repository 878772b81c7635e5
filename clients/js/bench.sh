#!/bin/sh
# Runs one of the SDK's benchmarks in Node: ./bench.sh decode [ENTITIES] [TICKS], ./bench.sh replay DIR
set -eu
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
name=$1
shift
go tool esbuild "sdk/bench/$name.ts" --bundle --format=esm --target=es2022 --platform=node --log-level=warning \
  --outfile="$out/bench.mjs"
node "$out/bench.mjs" "$@"
