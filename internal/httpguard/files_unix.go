//go:build unix

package httpguard

import (
	"math"
	"syscall"
)

// maxFiles is how many connections fit into the files that this process may open: half of them where there are few.
func maxFiles() int {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return math.MaxInt
	}
	soft := uint64(r.Cur) // signed on some systems, where "no limit" is the largest
	if soft > math.MaxInt32 {
		return math.MaxInt
	}
	return max(int(soft)-spareFiles, int(soft)/2)
}
