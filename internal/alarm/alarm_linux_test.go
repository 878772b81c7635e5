package alarm

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// The only processor that Go has cannot be lent out and kept: a goroutine that gets on while another sleeps has it.
func TestTheEndOfASleepKeepsTheProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var ended atomic.Bool
	var others atomic.Int64
	left := make(chan struct{})
	go func() {
		defer close(left)
		for !ended.Load() {
			others.Add(1)
			runtime.Gosched()
		}
	}()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	a := newAlarm()
	defer a.Close()
	const sleeps = 60
	alone := 0
	for n := 0; n < sleeps; {
		a.Sleep(hold + 10*time.Millisecond) // lends it out, so that Go looks often for one to be had
		runtime.Gosched()
		start, before := time.Now(), others.Load()
		a.Sleep(hold)
		after := others.Load()
		// After 10 ms Go takes the processor from whoever has it: a sleep that a busy machine makes so long shows nothing.
		if time.Since(start) > 3*hold {
			continue
		}
		n++
		if after == before {
			alone++
		}
	}
	ended.Store(true)
	<-left
	if alone < sleeps-2 { // a signal may end one early
		t.Errorf("during %d of %d sleeps another goroutine had the processor", sleeps-alone, sleeps)
	}
}
