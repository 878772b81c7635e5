//go:build race

package match

// randomOps is fewer with the race detector, which makes each ten times as slow.
const randomOps = 60_000
