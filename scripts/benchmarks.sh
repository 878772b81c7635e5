#!/bin/sh
# benchmarks.sh FILE: runs every benchmark of the repository six times and writes what go test says to FILE, in the form that
# benchstat reads: benchstat OLD NEW compares two such files. A package that takes too long, or fails, is told at the end, and the
# figures of the others stay.
set -eu
cd "$(dirname "$0")/.."
file=$1
mkdir -p "$(dirname "$file")"
# Behind a #, for benchstat compares only what has the same keys.
{
	echo "# date: $(date -u +%FT%TZ)"
	echo "# commit: $(git describe --always --dirty)"
	echo "# go: $(go env GOVERSION)"
	echo "# load: $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown)"
} >"$file"
failed=
for pkg in $(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n1 dirname | sort -u); do
	echo "== $pkg"
	# 51 benchmarks, six times 0.3 s each and what setting them up takes.
	go test "$pkg" -run '^$' -bench . -benchtime 0.3s -count 6 -timeout 200s >"$file.part" || failed="$failed $pkg"
	grep -v '^ok ' "$file.part" >>"$file"
	grep -c '^Benchmark' "$file.part" || true
done
rm -f "$file.part"
[ -z "$failed" ] || { echo "not measured to the end:$failed"; exit 1; }
echo "Written: $file"
