//go:build !linux

package thread

import "errors"

func id() int       { return 0 }
func prompt()       {}
func ordinary(int)  {}
func nice()         {}
func idleProcess()  {}
func urgent() error { return errors.New("no real-time priority: this system is not Linux") }
