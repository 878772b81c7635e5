package netcode

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// A client that resumes is told all events after the newest it has, or, when they are not held any more, none of those there
// were, and the next one shows by its number that some are missing.
func TestResumedLogTellsWhatWasMissedOrNothing(t *testing.T) {
	losses := 0
	rapid.Check(t, func(t *rapid.T) {
		l := eventLog{}
		last := uint64(0)
		count, told, acked := uint64(0), uint64(0), uint64(0) // events there were; newest the transport took; and acknowledged
		for range rapid.IntRange(1, 8).Draw(t, "connections") {
			for range rapid.SampledFrom([]int{0, 1, 10, 200, MaxUnacked, MaxUnacked + 1, 600}).Draw(t, "events") {
				l.add([]byte{byte(count + 1)})
				count++
			}
			if first, _, n := l.after(l.sent); !l.has().lost && rapid.Bool().Draw(t, "taken") {
				l.sent = first + uint64(n) - 1
				told = l.sent
				acked = max(acked, rapid.Uint64Range(0, l.sent).Draw(t, "ack"))
				l.ack(acked)
			}
			last = rapid.Uint64Range(min(last, told), told).Draw(t, "last event") // what a client has it does not lose
			held := !l.has().lost && last >= acked && last+1 >= l.first()
			if lost := l.resume(last); lost == held {
				t.Fatalf("resume after %d of %d, from %d held: lost is %v", last, count, l.first(), lost)
			}
			first, events, n := l.after(l.sent)
			if held {
				acked = max(acked, last)
				if first != last+1 || n != min(int(count-last), msg.MaxEvents) || len(events) != n || n > 0 && events[0] != byte(first) {
					t.Fatalf("after %d of %d it tells %d from %d", last, count, n, first)
				}
				continue
			}
			losses++
			acked = count
			if first != count+1 || n != 0 || first <= last+1 {
				t.Fatalf("after a loss, at %d of %d, it tells %d from %d", last, count, n, first)
			}
		}
	})
	if losses == 0 {
		t.Error("nothing was lost in this test")
	}
}
