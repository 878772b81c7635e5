//go:build linux

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
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
	core := filepath.Join(t.TempDir(), "node_modules", "@colyseus", "core")
	if err := errors.Join(os.MkdirAll(core, 0o755), os.WriteFile(filepath.Join(core, "package.json"), []byte(`{"version":"0.18.1"}`), 0o644)); err != nil {
		t.Fatal(err)
	}
	b := &bench{cfg: config{peersDir: filepath.Join(core, "..", "..", ".."), peers: peersShort, only: "float32"}, told: io.Discard}
	list, err := b.contestants(t.Context(), "arena100")
	if err != nil || len(list) != 2 || list[0].row.Error != "" || list[1].row.Error != errLeftOut.Error() {
		t.Fatalf("%v, %v", list, err)
	}
	if err := b.play(t.Context(), schedule(list[1:])); err != nil || list[1].row.Searches != nil {
		t.Errorf("what is not installed is measured: %+v, %v", list[1].row, err)
	}
}

func TestOnlyTakesTheServersThatItNames(t *testing.T) {
	b := &bench{cfg: config{only: "skirmish, 16 bits"}}
	if !b.wanted("Skirmish, plain") || !b.wanted("Colyseus, 16 bits") || b.wanted("Colyseus, float32") {
		t.Error("--only takes others than it names")
	}
}

func TestPeersReportIsOnePageThatLoadsNothing(t *testing.T) {
	c := comparison{Machine: "a <machine>", Node: "v22", Mode: peersShort, Servers: []compared{
		{Scenario: "arena100", Name: "Skirmish, packed", Searches: searched(4400, 4000, 4200)},
		{Scenario: "arena100", Name: "other", Version: "1.2.3", Command: "node other.js", Lacks: "everything", Bar: 2.2, Searches: searched(2000, 2000, 1400)},
		{Scenario: "crowd", Name: "broken", Error: "it <failed>"},
	}}
	c.Servers[1].Searches[0].Tries[0].Result.Detail.ServerWaited = 17
	relate(c.Servers)
	var page, table strings.Builder
	if err := errors.Join(c.writePage(&page), c.print(&table)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a &lt;machine&gt;", "it &lt;failed&gt;", "node other.js", "everything", "4200", "2.20 x (2.00 to 3.00)", ">17", "2000 2000 1400"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, no := range []string{"src=", "href=", "http://", "https://", "<script", "NaN"} {
		if strings.Contains(page.String(), no) {
			t.Errorf("the page has a %q", no)
		}
	}
	for _, want := range []string{"other 1.2.3", "2.20 x (2.00 to 3.00)", "2000 2000 1400", "it <failed>", "everything"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, table.String())
		}
	}
}

func TestSearchesBeginWithTheNewestReport(t *testing.T) {
	dir := t.TempDir()
	if c, err := lastReport(dir); err != nil || c.most("crowd", "a") != 0 {
		t.Errorf("without a report it says %+v, %v", c, err)
	}
	for day, carried := range map[int]int{23: 1000, 24: 2000} {
		c := comparison{Date: time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC)}
		c.Servers = []compared{{Scenario: "crowd", Name: "a", Searches: searched(carried, carried, carried)}}
		if err := c.write(dir); err != nil {
			t.Fatal(err)
		}
	}
	c, err := lastReport(dir)
	if err != nil || c.most("crowd", "a") != 2000 || c.most("arena100", "a") != 0 {
		t.Errorf("it says %+v, %v", c, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "peers-2026-11-25.json.gz"), []byte("no gzip"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lastReport(dir); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("of a broken one it says %v", err)
	}
	if c, err := lastReport("results"); err != nil || c.most("arena100", "Skirmish, packed") == 0 {
		t.Errorf("the report of the repository is not read: %v", err)
	}
}
