package game

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/skirmish-dev/skirmish/internal/thread"
)

// Where the tests may not be urgent, what is left to see is that the error says why.
func TestUrgentLoopsUntilTheirStepHangs(t *testing.T) {
	if err := mayBeUrgent(); err != nil {
		if !strings.Contains(err.Error(), "CAP_SYS_NICE") {
			t.Errorf("the error does not say what to do: %v", err)
		}
		return
	}
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var hung, quick int
		h := virtualHostWith(t, HostConfig{RealTime: true, HangAfter: time.Second},
			tinyDef("hangs", Config{TickRate: 20, RunEmpty: true}, func(tk *Tick) {
				if tk.N == 5 {
					hung = thread.ID()
					<-release
				}
			}),
			tinyDef("quick", Config{TickRate: 20, RunEmpty: true}, func(*Tick) { quick = thread.ID() }))
		open(t, h, "hangs")
		open(t, h, "quick")
		pass(10 * time.Second)
		for id, want := range map[int]uint32{hung: unix.SCHED_NORMAL, quick: unix.SCHED_RR} {
			if a, err := unix.SchedGetAttr(id, 0); err != nil || a.Policy != want {
				t.Errorf("hung %d, quick %d: thread %d is %+v, %v; want policy %d", hung, quick, id, a, err, want)
			}
		}
		close(release)
	})
}
