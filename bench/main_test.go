//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/bench/floor"
	"github.com/skirmish-dev/skirmish/bench/hist"
	"github.com/skirmish-dev/skirmish/bench/load"
	"github.com/skirmish-dev/skirmish/bench/proc"
)

// TestMain makes the test program the server when a test starts one, as main does.
func TestMain(m *testing.M) {
	serve()
	os.Exit(m.Run())
}

// TestScenariosRun plays a little of each scenario against a real server. What is measured depends on the machine and is not judged.
func TestScenariosRun(t *testing.T) {
	for _, c := range []struct {
		name string
		size size
	}{
		{"arena100", size{2, 60}}, {"crowd --resume=false", size{1, 60}}, {"duel", size{2, 20}}, {"idle", size{2, 60}}, {"stall", size{2, 60}}, {"storm", size{1, 20}}, {"flood", size{2, 60}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg, err := parse(append(strings.Fields("--scenario "+c.name), "--duration", "1s", "--floor=false", "--storm", "30"))
			if err != nil {
				t.Fatal(err)
			}
			cfg.settle = 300 * time.Millisecond
			b, err := newBench(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer b.close()
			r, err := b.once(t.Context(), cfg.find(), c.size)
			if err != nil {
				t.Fatal(err)
			}
			want := c.size.clients - r.Detail.Stalled
			if r.Clients != want || r.HzMean <= 0 || r.BytesPerSnapshot <= 0 || r.Detail.Lost > 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestFlagsThatCannotBeAreRefused(t *testing.T) {
	for _, args := range []string{
		"--scenario chess", "--codec json", "--rooms 0", "--rooms many", "--clients 5 --rooms 2", "--clients 5 --rooms auto",
		"--scenario duel --resume=false", "--duration 1ms", "--runs 0", "extra", "--no-such-flag", "--scenario idle --rooms auto",
		"--scenario seed --clients 2", "--scenario coldstart --rooms 2", "--scenario size --profile x", "--page x", "--markdown x",
		"--scenario flood --logins 0", "--peers short", "--scenario= --peers=fast", "--only colyseus", "--scenario seed --resume=false",
	} {
		if _, err := parse(strings.Fields("--scenario arena100 " + args)); err == nil {
			t.Errorf("%s is taken", args)
		}
	}
}

func TestSizeFollowsTheFlags(t *testing.T) {
	for args, want := range map[string]size{
		"--scenario arena100":               {40, 2000},
		"--scenario arena100 --rooms 3":     {3, 150},
		"--scenario arena100 --clients 120": {3, 120},
		"--scenario crowd --clients 2000":   {1, 2000},
		"--scenario crowd":                  {1, 1000},
		"--scenario idle":                   {30, 15_000},
		"--scenario flood":                  {50, 2500},
	} {
		cfg, err := parse(strings.Fields(args))
		if err != nil {
			t.Fatal(err)
		}
		if got := find(cfg.scenario).size(cfg); got != want {
			t.Errorf("%s is %+v, want %+v", args, got, want)
		}
	}
}

func TestQuantileOfMetricsIsWithinItsBucket(t *testing.T) {
	m := metrics{
		`x_bucket{le="0.001"}`: 50, `x_bucket{le="0.002"}`: 90, `x_bucket{le="0.1"}`: 100, `x_bucket{le="+Inf"}`: 100, `x_count`: 100,
	}
	for q, want := range map[float64]float64{0.5: 1, 0.7: 1.5, 0.9: 2, 0.99: 90.2} {
		if got := m.quantileMS("x", q); got < want-0.001 || got > want+0.001 {
			t.Errorf("quantile %v is %v ms, want %v", q, got, want)
		}
	}
}

func TestMissedBarIsAnErrorOnlyWhenChecked(t *testing.T) {
	effect := quantiles{26, 51}
	good := judge([]result{{Scenario: "arena100", HzMin: 20, BytesPerSnapshot: 200, InputToEffectMS: effect}})
	bad := judge([]result{{Scenario: "arena100", HzMin: 18, BytesPerSnapshot: 200, InputToEffectMS: effect}})
	for _, c := range []struct {
		check bool
		list  []verdict
		want  bool
	}{{true, good, false}, {true, bad, true}, {false, bad, false}} {
		b := &bench{cfg: config{check: c.check}}
		if err := b.checked(c.list); errors.Is(err, errBar) != c.want {
			t.Errorf("check %v: %v", c.check, err)
		}
	}
}

func TestReportIsOnePageThatLoadsNothing(t *testing.T) {
	gaps := []hist.Bar{{MS: 49, Count: 3}, {MS: 50, Count: 90}, {MS: 61, Count: 7}}
	run := result{Scenario: "arena100", Clients: 50, Detail: detail{Gaps: gaps}}
	r := report{Machine: "a <machine>", Parts: []reported{
		{Title: "one", Command: "go run ./bench --scenario arena100", Median: run, Runs: []result{run}, Verdicts: judge([]result{run})},
		{Title: "two", Error: "the <server> is gone"},
	}}
	var page strings.Builder
	if err := r.writePage(&page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a &lt;machine&gt;", "the &lt;server&gt; is gone", "go run ./bench --scenario arena100", "<svg", "miss"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, no := range []string{"src=", "href=", "http://", "https://", "<script", "NaN"} {
		if strings.Contains(page.String(), no) {
			t.Errorf("the page has a %q", no)
		}
	}
}

func TestShortSetHasFlagsThatExist(t *testing.T) {
	for _, p := range shortSet {
		if cfg, err := parse(strings.Fields(strings.TrimPrefix(p.args, fourFifths))); err != nil || cfg.scenario == "" || cfg.page != "" {
			t.Errorf("%s: %v", p.args, err)
		}
	}
}

func TestResultHasTheFieldsThatOthersRead(t *testing.T) {
	raw, err := json.Marshal(result{})
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`scenario rooms clients hz_min hz_mean gap_ms input_to_effect_ms bytes_per_snapshot cpu_us_per_snapshot floor_us
		allocs_per_tick rss_kb_per_client lateness_ms bots_cpu_pct detail`)
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("a result has the fields %v, want %v", got, want)
	}
	for _, name := range []string{"gap_ms", "input_to_effect_ms", "lateness_ms"} {
		if q, _ := fields[name].(map[string]any); len(q) != 2 || q["p50"] == nil || q["p99"] == nil {
			t.Errorf("%s is %v, want p50 and p99", name, fields[name])
		}
	}
}

func TestInputsWithoutEffectPassNoBar(t *testing.T) {
	for value, want := range map[float64]bool{0: false, 20: true, 60: false} {
		for _, v := range judge([]result{{Scenario: "arena100", InputToEffectMS: quantiles{value, value}}}) {
			if strings.HasPrefix(v.Name, "input to effect") && v.Pass != want {
				t.Errorf("%v ms: %+v", value, v)
			}
		}
	}
}

func TestBarIsHeldAgainstTheMedianOfItsRunsOrAgainstEach(t *testing.T) {
	run := func(cost, floor, failed float64) result {
		return result{
			Scenario: "arena100", Clients: 2000, HzMin: 20, CPUPerSnapshot: cost, FloorUS: floor,
			Detail: detail{DriftTicks: failed},
		}
	}
	find := func(list []verdict, name string) verdict {
		t.Helper()
		i := slices.IndexFunc(list, func(v verdict) bool { return v.Name == name })
		if i < 0 {
			t.Fatalf("no verdict on %s", name)
		}
		return list[i]
	}
	// The run with the median cost, 15, has the ratio 1.6; the median of the ratios 1.2, 1.4 and 1.6 is another run's.
	list := judge([]result{run(12, 10, 0), run(15, 15.0/1.6, 0.7), run(28, 20, 0)})
	if v := find(list, "CPU per snapshot against the C floor"); v.Value != 1.4 || !v.Pass || v.Of() != "of 1.20, 1.60, 1.40" {
		t.Errorf("%+v %s", v, v.Of())
	}
	if v := find(list, "drift"); v.Value != 0.7 || v.Pass {
		t.Errorf("one run in three drifts, and the verdict is %+v", v)
	}
	if v := find(judge([]result{run(12, 10, 0)}), "drift"); v.Of() != "" {
		t.Errorf("one run is said to be the median %s", v.Of())
	}
}

func TestFloorHasTheWorkOfTheRun(t *testing.T) {
	one := result{Rooms: 1, Clients: 1000, BytesPerSnapshot: 242, Detail: detail{MessageBytes: 13.6}}
	many := result{Rooms: 40, Clients: 1990, BytesPerSnapshot: 227, Detail: detail{MessageBytes: 14}}
	if w, input := floorWork(find("crowd"), one); w != (floor.Work{Groups: 1, Clients: 1000, Rate: 20, Bytes: 242}) || input != 14 {
		t.Errorf("one room of a crowd: %+v, inputs of %d bytes", w, input)
	}
	if w, input := floorWork(find("arena100"), many); w != (floor.Work{Groups: 40, Clients: 50, Rate: 20, Bytes: 227}) || input != 14 {
		t.Errorf("rooms that are not all full: %+v, inputs of %d bytes", w, input)
	}
}

func TestTransportAloneIsHeldAgainstTheFloorOfItsRun(t *testing.T) {
	run := func(clients int, transport, floor float64) result {
		return result{Scenario: "arena100", Clients: clients, HzMin: 20, FloorUS: floor, Detail: detail{TransportUS: transport}}
	}
	verdicts := func(list ...result) (found []verdict) {
		for _, v := range judge(list) {
			if v.Name == "transport alone against the C floor" {
				found = append(found, v)
			}
		}
		return found
	}
	// The medians of the costs, 13 and 10, have the ratio 1.3.
	list := verdicts(run(2000, 12, 8), run(2000, 13, 10), run(2000, 14, 10))
	if len(list) != 1 || list[0].Value != 1.4 || list[0].Pass {
		t.Errorf("ratios of 1.5, 1.3 and 1.4: %+v", list)
	}
	if list := verdicts(run(2000, 13, 10)); len(list) != 1 || !list[0].Pass {
		t.Errorf("a ratio of 1.3: %+v", list)
	}
	if list := verdicts(run(1999, 20, 10), run(2000, 0, 10), run(2000, 20, 0)); len(list) > 0 {
		t.Errorf("too few clients, no transport and no floor: %+v", list)
	}
}

func TestTransportAloneServesTheLoadOfTheRun(t *testing.T) {
	t.Parallel()
	all, err := proc.Allowed()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{cfg: config{duration: time.Second, settle: 100 * time.Millisecond}, server: all}
	us, hz, err := b.transportOf(t.Context(), find("arena100"), result{
		Rooms: 2, Clients: 60, BytesPerSnapshot: 227, Detail: detail{MessageBytes: 14},
	})
	if err != nil || us <= 0 || hz < 5 || hz > 40 {
		t.Errorf("%.2f us, %.2f Hz (of 20): %v", us, hz, err)
	}
}

func TestTicksThatComeInBurstsMissTheirBar(t *testing.T) {
	for missed, want := range map[float64]bool{0: true, 1: false} {
		for _, v := range judge([]result{{Scenario: "storm", HzMin: 20, Detail: detail{TicksMissed: missed}}}) {
			if strings.HasPrefix(v.Name, "gaps") && v.Pass != want {
				t.Errorf("%v gaps: %+v", missed, v)
			}
		}
	}
}

// What others had of the server's processor is told apart from what the server used.
func TestSharesOfTheServersProcessor(t *testing.T) {
	var r result
	r.charge(cost{cpu: 6 * time.Second, waited: time.Second, processor: proc.Times{
		Busy: 7 * time.Second, IRQ: time.Second, Steal: 500 * time.Millisecond, Idle: 1500 * time.Millisecond,
	}}, load.Window{Elapsed: 10 * time.Second})
	if want := (shares{Server: 60, Others: 10, IRQ: 10, Steal: 5, Idle: 15}); r.Detail.Processor == nil || *r.Detail.Processor != want {
		t.Errorf("shares are %+v, want %+v", r.Detail.Processor, want)
	}
	r = result{}
	r.charge(cost{cpu: time.Second}, load.Window{Elapsed: time.Second})
	if r.Detail.Processor != nil {
		t.Error("a server with several processors has shares of one")
	}
}
