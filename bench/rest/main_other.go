//go:build !linux

// Command rest measures the REST side of the server. It needs Linux: /proc and processor affinity.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "rest: this needs Linux")
	os.Exit(2)
}
