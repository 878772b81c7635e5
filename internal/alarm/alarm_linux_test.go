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
	const sleeps = 50
	alone := 0
	for range sleeps {
		a.Sleep(hold + 10*time.Millisecond) // lends it out, so that Go looks often for one to be had
		runtime.Gosched()
		before := others.Load()
		a.Sleep(hold)
		if others.Load() == before {
			alone++
		}
	}
	ended.Store(true)
	<-left
	// A busy machine makes some so long that Go takes the processor from whoever has it.
	if alone < sleeps*9/10 {
		t.Errorf("during %d of %d sleeps another goroutine had the processor", sleeps-alone, sleeps)
	}
}
