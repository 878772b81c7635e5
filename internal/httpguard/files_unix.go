//go:build unix

package httpguard

import (
	"math"
	"syscall"
)

// maxFiles is how many connections fit into the files that this process may open when spare are for others: half of them where there
// are few.
func maxFiles(spare int) int {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return math.MaxInt
	}
	soft := uint64(r.Cur) // signed on some systems, where "no limit" is the largest
	if soft > math.MaxInt32 {
		return math.MaxInt
	}
	return max(int(soft)-spare, int(soft)/2)
}
