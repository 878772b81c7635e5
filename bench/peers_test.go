//go:build linux

package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestPeersServe plays a little against the servers of bench/peers that need nothing but Go.
func TestPeersServe(t *testing.T) {
	for _, p := range peers("arena100") {
		if p.program == "" {
			continue
		}
		t.Run(p.program, func(t *testing.T) {
			t.Parallel()
			cfg, err := parse([]string{"--peers", "short", "--peers-dir", "peers", "--floor=false", "--duration", "1s"})
			if err != nil {
				t.Fatal(err)
			}
			cfg.settle = 300 * time.Millisecond
			b, err := newBench(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer b.close()
			version, err := p.prepare(t.Context(), cfg, b.dir)
			if err != nil || !strings.HasPrefix(version, "v1.") {
				t.Fatalf("version %q, %v", version, err)
			}
			b.peer = &p
			const clients, state = 60, 6 + 15*100 // 10 of them have a room with fewer
			r, err := b.once(t.Context(), find("arena100"), size{2, clients})
			if err != nil {
				t.Fatal(err)
			}
			if r.Clients != clients || r.HzMean <= 0 || r.BytesPerSnapshot < state*3/4 || r.BytesPerSnapshot > state || r.Detail.Lost > 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestPeersThatAreNotInstalledSaySo(t *testing.T) {
	p := peers("crowd")[0]
	if _, err := p.prepare(t.Context(), config{peersDir: t.TempDir()}, ""); !errors.Is(err, errPrepare) {
		t.Errorf("%v", err)
	}
}

func TestComparisonIsByTheClientsThatEachCarries(t *testing.T) {
	at := func(n int) result { return result{Clients: n} }
	list := []compared{{Name: "Skirmish, packed", Most: at(4400)}, {Name: "a", Most: at(2200)}, {Name: "b", Error: "no"}}
	relate(list)
	if list[0].Times != 1 || list[1].Times != 2 || list[2].Times != 0 {
		t.Errorf("%v, %v and %v times as many", list[0].Times, list[1].Times, list[2].Times)
	}
	alone := []compared{{Name: "a", Most: at(2200)}}
	if relate(alone); alone[0].Times != 0 {
		t.Error("it is compared with nothing")
	}
	for us, want := range map[float64]int{0: few, 20: 2500, 1e6: step} {
		if got := likely(result{CPUPerSnapshot: us}, 20); got != want {
			t.Errorf("at %v us the search begins with %d, want %d", us, got, want)
		}
	}
	row := compared{Few: at(400)}
	if row.Largest().Clients != 400 {
		t.Error("without a search the few are not shown")
	}
	if row.Most = at(2200); row.Largest().Clients != 2200 {
		t.Error("after a search the most are not shown")
	}
	b := &bench{cfg: config{only: "skirmish, 16 bits"}}
	if !b.wanted("Skirmish, plain") || !b.wanted("Colyseus, 16 bits") || b.wanted("Colyseus, float32") {
		t.Error("--only takes others than it names")
	}
}

func TestPeersReportIsOnePageThatLoadsNothing(t *testing.T) {
	r := result{Clients: 2400, HzMin: 19.6, Detail: detail{ServerWaited: 17}}
	c := comparison{Machine: "a <machine>", Node: "v22", Mode: peersShort, Servers: []compared{
		{Scenario: "arena100", Name: "other", Version: "1.2.3", Command: "node other.js", Lacks: "everything", Most: r, Runs: []result{r}, Times: 2.5},
		{Scenario: "crowd", Name: "broken", Error: "it <failed>"},
	}}
	var page, table strings.Builder
	if err := errors.Join(c.writePage(&page), c.print(&table)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a &lt;machine&gt;", "it &lt;failed&gt;", "node other.js", "everything", "2400", "2.50 x", ">17"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, no := range []string{"src=", "href=", "http://", "https://", "<script", "NaN"} {
		if strings.Contains(page.String(), no) {
			t.Errorf("the page has a %q", no)
		}
	}
	for _, want := range []string{"other 1.2.3", "2.50 x", "it <failed>", "everything"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, table.String())
		}
	}
}
