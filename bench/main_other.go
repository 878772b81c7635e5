//go:build !linux

// Command bench measures the server under load. It needs Linux: epoll, /proc and processor affinity.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: this needs Linux")
	os.Exit(2)
}
