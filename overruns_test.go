package skirmish

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/game"
)

// traces are the files of a folder, oldest first.
func traces(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// fakeRecorder writes text, and then fails with err.
type fakeRecorder struct {
	text string
	err  error
}

func (r *fakeRecorder) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, r.text)
	return int64(n), errors.Join(err, r.err)
}

func (*fakeRecorder) Stop() {}

func TestOverrunsAreWrittenOnceAMinuteAndEightAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &fakeRecorder{text: "trace"}
		o := &overruns{dir: t.TempDir(), recorder: r, now: time.Now, log: zap.NewNop(), pending: make(chan game.Overrun, 1)}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go o.run(ctx)
		offer := func() {
			o.offer(game.Overrun{Room: "r"})
			synctest.Wait()
		}
		for range 50 {
			offer()
			<-time.After(time.Second)
		}
		if n := len(traces(t, o.dir)); n != 1 {
			t.Fatalf("%d traces of overruns in fifty seconds, want 1", n)
		}
		first := traces(t, o.dir)[0]
		for range 20 {
			<-time.After(overrunsEvery)
			offer()
		}
		all := traces(t, o.dir)
		if len(all) != overrunsKept {
			t.Errorf("%d traces are kept, want %d", len(all), overrunsKept)
		}
		for _, path := range all {
			if path == first {
				t.Error("the oldest is kept, a newer one is not")
			}
			if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 || st.Size() != 5 {
				t.Errorf("%s: %v, %v", path, st, err)
			}
		}
		r.err = errors.New("full")
		<-time.After(overrunsEvery)
		offer()
		if after := traces(t, o.dir); len(after) != len(all) || after[len(after)-1] != all[len(all)-1] {
			t.Error("half a trace is left, or a whole one was given up for it")
		}
	})
}

// slowGame takes longer for its tenth tick than a tick has time.
type slowGame struct{ rows game.Table[slowRow] }

type slowRow struct {
	X int32 `net:"x"`
}

func (*slowGame) Join(*game.Player)  {}
func (*slowGame) Leave(*game.Player) {}
func (*slowGame) Tick(t *game.Tick, _ game.Inputs[game.NoInput]) {
	if t.N == 10 {
		<-time.After(60 * time.Millisecond)
	}
}

// TestStepThatOverrunsLeavesATrace: from a game that takes too long to a file that go tool trace reads.
func TestStepThatOverrunsLeavesATrace(t *testing.T) {
	slow := game.Define("slow", game.Config{RunEmpty: true, TickRate: 50}, func(b *game.Builder) game.Game[game.NoInput] {
		g := new(slowGame)
		game.Replicate(b, "row", &g.rows)
		return g
	})
	s := serveHere(t, Config{Games: []*game.Def{slow}, TraceOverruns: true})
	if _, err := s.host.Create(game.RoomOptions{Game: "slow"}); err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	var text []byte
	for deadline := time.After(10 * time.Second); len(text) == 0; {
		select {
		case <-look.C:
		case <-deadline:
			t.Fatal("no trace after 10 s")
		}
		for _, path := range traces(t, filepath.Join(s.cfg.DataDir, "traces")) {
			var err error
			if text, err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.HasPrefix(text, []byte("go 1.")) {
		t.Errorf("%d bytes that begin with %.8q; want an execution trace", len(text), text)
	}
}
