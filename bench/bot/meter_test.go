package bot

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestMeterCountsTheMeasuredTimeAlone(t *testing.T) {
	m, now := newMeter(1), time.Unix(1000, 0)
	var p play
	m.arrive(&p, now, true)
	for range 50 { // while others are joining, with gaps of a second
		now = now.Add(time.Second)
		m.message(500)
		m.snapshot(&p, now, sample{bytes: 500, rtt: time.Second, effects: []time.Duration{time.Second}})
	}
	m.begin(now)
	for range 100 {
		now = now.Add(100 * time.Millisecond)
		m.message(60)
		m.message(40)
		m.snapshot(&p, now, sample{bytes: 60, rtt: 20 * time.Millisecond, effects: []time.Duration{50 * time.Millisecond}})
	}
	r := m.report(now)
	if r.SnapshotsPerClientS != 10 || r.BytesPerClientS != 1000 || r.BytesPerSnapshot != 60 {
		t.Errorf("%+v", r)
	}
	near := func(got, want float64) bool { return got > 0.99*want && got < 1.01*want }
	if !near(r.GapMS.P50, 100) || !near(r.GapMS.Max, 100) || !near(r.RTTMS.P99, 20) || !near(r.InputToEffectMS.P99, 50) {
		t.Errorf("%+v", r)
	}
}

func TestRatesAreThoseOfPlayingClients(t *testing.T) {
	m, now := newMeter(2), time.Unix(1000, 0)
	var first, second play
	m.arrive(&first, now, true)
	m.begin(now)
	m.arrive(&second, now, true)
	for i := range 40 {
		now = now.Add(100 * time.Millisecond)
		m.snapshot(&first, now, sample{})
		if i < 20 {
			m.snapshot(&second, now, sample{})
		}
		if i == 19 {
			m.leave(&second, now)
		}
	}
	if r := m.report(now); r.SnapshotsPerClientS != 10 {
		t.Errorf("%v snapshots per client and second, want 10: the second has played half the time", r.SnapshotsPerClientS)
	}
}

func TestSilenceIsAGap(t *testing.T) {
	m, now := newMeter(1), time.Unix(1000, 0)
	var p play
	m.arrive(&p, now, true)
	m.begin(now)
	for range 10 {
		now = now.Add(100 * time.Millisecond)
		m.snapshot(&p, now, sample{})
	}
	if r := m.report(now.Add(20 * time.Second)); r.GapMS.Max < 19_900 {
		t.Errorf("the longest gap is %v ms after 20 s of silence", r.GapMS.Max)
	}
}

func TestGapIsNotCountedAcrossConnections(t *testing.T) {
	m, now := newMeter(1), time.Unix(1000, 0)
	m.begin(now)
	for range 2 {
		var p play
		m.arrive(&p, now, false)
		for range 3 {
			now = now.Add(100 * time.Millisecond)
			m.snapshot(&p, now, sample{})
		}
		m.leave(&p, now)
		now = now.Add(10 * time.Second) // in the queue for the next match
	}
	if r := m.report(now); r.GapMS.Max > 110 || r.SnapshotsPerClientS != 10 {
		t.Errorf("%+v", r)
	}
}

func TestReportHasTheNamesThatOthersRelyOn(t *testing.T) {
	raw, err := json.Marshal(newMeter(3).report(time.Unix(0, 0)))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"clients":3,"connected":0,"snapshots_per_client_s":0,"bytes_per_client_s":0,"bytes_per_snapshot":0,` +
		`"gap_ms":{"p50":0,"p99":0,"max":0},"rtt_ms":{"p50":0,"p99":0},"input_to_effect_ms":{"p50":0,"p99":0},` +
		`"disconnects":0,"resumed":0,"desyncs":0,"errors":{}}`
	if string(raw) != want {
		t.Errorf("got  %s\nwant %s", raw, want)
	}
}

func TestTableNamesEveryError(t *testing.T) {
	var b bytes.Buffer
	r := Report{Clients: 5, Connected: 4, Desyncs: 3, Errors: map[string]int{"http 429": 7, "desync: checksum": 3}}
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"4 of 5 connected", "desyncs          3", "3 x desync: checksum", "7 x http 429"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("%q is not in\n%s", line, b.String())
		}
	}
	if r.mostly() != "http 429" {
		t.Errorf("mostly %q", r.mostly())
	}
}

func TestProgressIsALineInFiveSeconds(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b)
	now := time.Unix(1000, 0)
	for range 11 {
		p.show(now, live{clients: 3, playing: 2, measuring: time.Second})
		now = now.Add(time.Second)
	}
	p.end()
	if lines := strings.Split(strings.TrimSpace(b.String()), "\n"); len(lines) != 3 || !strings.Contains(lines[0], "2/3 playing") {
		t.Errorf("%q", lines)
	}
	newProgress(nil).show(now, live{}) // nobody watches
}

func TestProgressRewritesItsLineOnATerminal(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b, terminal: true}
	p.show(time.Unix(1, 0), live{clients: 1000, playing: 1000})
	first := b.Len()
	p.show(time.Unix(2, 0), live{})
	p.end()
	if got := b.String(); strings.Count(got, "\n") != 1 || strings.Count(got, "\r") != 2 || b.Len() != 2*first+1 {
		t.Errorf("%q", got)
	}
}
