//go:build !linux

package cpuwork

// beNice does nothing: this system has no niceness per thread.
func beNice() {}
