//go:build !unix

package httpguard

import "math"

// maxFiles is no bound where the system has none.
func maxFiles(int) int { return math.MaxInt }
