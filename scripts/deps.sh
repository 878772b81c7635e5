#!/bin/sh
# Installs what the tests need and the machine lacks, saying what it does. Without root it stops with the line to type.
set -eu
cd "$(dirname "$0")/.."

need_apt() { # command, package
	command -v "$1" >/dev/null 2>&1 && return
	if [ "$(id -u)" != 0 ]; then
		echo "missing: $1. Install it and run make again:" >&2
		echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $2" >&2
		exit 1
	fi
	echo "installing $2 (for $1)"
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null
}

if [ -z "${CHROMIUM:-}" ]; then
	need_apt chromium chromium
fi
# The samples of the reference page are run as they are printed.
need_apt curl curl
need_apt jq jq
# Debian keeps the programs of PostgreSQL out of PATH; the tests look where they are.
if ! command -v initdb >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
	need_apt initdb postgresql
fi
command -v node >/dev/null 2>&1 || { echo "missing: Node 20 or newer with npm" >&2; exit 1; }
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || { echo "Node $(node --version) is too old: 20 or newer" >&2; exit 1; }

# npm ci only when the lock file is newer than what is installed.
cd clients/js
if ! cmp -s package-lock.json node_modules/.installed-lock; then
	echo "installing npm packages"
	npm ci --no-audit --no-fund
	cp package-lock.json node_modules/.installed-lock
fi
echo "ready: $(go version | cut -d' ' -f3), node $(node --version), ${CHROMIUM:-$(command -v chromium)}"
