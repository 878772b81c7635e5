#!/bin/sh
# same.sh COMMAND PATH: runs COMMAND, which writes PATH, and fails when PATH is not what was there before. Works in a checkout with other changes.
set -eu
cd "$(dirname "$0")/.."
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -R "$2" "$before/was"
sh -c "$1"
if ! diff -r "$before/was" "$2" >/dev/null; then
	echo "$2 was not up to date; it is now. Commit it. ($1)" >&2
	exit 1
fi
