package seed

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// measured is one run for all tests that look at a run.
var measured = sync.OnceValues(func() (Report, error) { return Run(context.Background(), Config{Duration: 30 * time.Second}) })

func short(t *testing.T) Report {
	t.Helper()
	r, err := measured()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What happens, and when, is the same each time. Of the bytes a few may differ: a port of fewer digits, an answer that a busy machine sends
// in one chunk more.
func TestSameSeedGivesTheSameReport(t *testing.T) {
	again, err := Run(t.Context(), Config{Duration: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	const few = 0.01
	for i, w := range short(t).Workloads {
		for j, a := range w.Channels {
			b := again.Workloads[i].Channels[j]
			if d := math.Abs(float64(a.Total() - b.Total())); d > few*float64(a.Total()) {
				t.Errorf("%s, %s: %d and %d bytes", w.Name, a.Channel, a.Total(), b.Total())
			}
			if a.Channel != b.Channel || a.Data != b.Data || a.Messages != b.Messages || a.Delivered != b.Delivered || a.LatencyP50 != b.LatencyP50 {
				t.Errorf("%s: %+v\n%+v", w.Name, a, b)
			}
		}
	}
}

func TestEachChannelBringsTheChanges(t *testing.T) {
	for _, w := range short(t).Workloads {
		for _, f := range w.Channels {
			if f.Up+f.Down != f.Data+f.Overhead || f.Overhead <= f.Opening || f.Messages < f.Delivered {
				t.Errorf("%s, %s: %+v does not add up", w.Name, f.Channel, f)
			}
			most := 1000*w.PollS + 100
			switch f.Channel {
			case Stream, Whole, Changes:
				most = 25
				if f.Delivered != w.Changes+1 {
					t.Errorf("%s, %s: %d of %d versions came", w.Name, f.Channel, f.Delivered, w.Changes+1)
				}
			case Signalled, LongPoll:
				most = 75
			}
			if f.LatencyP50 < 25 || f.LatencyP50 > most {
				t.Errorf("%s, %s: a change takes %v ms, want 25 to %v", w.Name, f.Channel, f.LatencyP50, most)
			}
		}
	}
}

func TestEachStepDownTheListCostsLess(t *testing.T) {
	for _, w := range short(t).Workloads {
		poll, whole, deltas := w.channel(Polling), w.channel(Whole), w.channel(Changes)
		if w.Name == "play" && poll.Total() <= whole.Total() || deltas.Total() >= whole.Total() {
			t.Errorf("%s: polling %d B, whole states %d B, deltas %d B", w.Name, poll.Total(), whole.Total(), deltas.Total())
		}
		if tagged := w.channel(Tagged); tagged.Data > poll.Data {
			t.Errorf("%s: ETags send %d B of data, without %d", w.Name, tagged.Data, poll.Data)
		}
	}
}

func TestPublishedFiguresAreJudgedByMeasurement(t *testing.T) {
	cfg := Config{}.withDefaults()
	m, err := measure(t.Context(), cfg, score(cfg))
	if err != nil {
		t.Fatal(err)
	}
	r := Report{Workloads: []Measured{m}}
	r.Published = claims(r)
	got := map[string]string{}
	for _, c := range r.Published {
		if c.Published == "" || c.Measured == "" || c.Why == "" {
			t.Errorf("%+v lacks something", c)
		}
		got[c.Figure] = c.Follows
	}
	for figure, want := range map[string]string{
		"polling, data": "yes", "polling, overhead": "no", "polling, latency": "yes", "3200 times less": "no",
		"WebSocket, latency": "no", "WebSocket, overhead per message": "yes",
	} {
		if got[figure] != want {
			t.Errorf("%s follows: %q, want %q", figure, got[figure], want)
		}
	}
	var text strings.Builder
	if err := r.Print(&text); err != nil || strings.Count(text.String(), Polling) < 2 || !strings.Contains(text.String(), "3,200x") {
		t.Errorf("%v:\n%s", err, text.String())
	}
}

func TestConfigThatCannotBeIsRefused(t *testing.T) {
	for _, c := range []Config{{Duration: -1}, {OneWay: -1}} {
		if _, err := Run(t.Context(), c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
