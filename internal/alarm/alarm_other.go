//go:build !linux

package alarm

func newAlarm() Alarm { return NewTimer() }
