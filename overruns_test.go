package skirmish

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

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

// said hands on what the log says of an overrun: where its trace is, or why there is none.
type said struct {
	zapcore.LevelEnabler
	traces chan string
}

func (s said) With([]zapcore.Field) zapcore.Core { return s }
func (s said) Sync() error                       { return nil }

func (s said) Check(e zapcore.Entry, c *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return c.AddCore(e, s)
}

func (s said) Write(e zapcore.Entry, fields []zapcore.Field) error {
	if !strings.Contains(e.Message, "a step took longer") && !strings.Contains(e.Message, "a step that took too long") {
		return nil
	}
	trace := e.Message
	for _, f := range fields {
		if f.Key == "trace" {
			trace = f.String
		}
	}
	select {
	case s.traces <- trace:
	default: // the first is looked at
	}
	return nil
}

// TestStepThatOverrunsLeavesATrace: from a game that takes too long to a file that go tool trace reads. It waits for what the log
// says when the file is complete: until then the file is there in part, and how long that is depends on what else the machine does.
func TestStepThatOverrunsLeavesATrace(t *testing.T) {
	slow := game.Define("slow", game.Config{RunEmpty: true, TickRate: 50}, func(b *game.Builder) game.Game[game.NoInput] {
		g := new(slowGame)
		game.Replicate(b, "row", &g.rows)
		return g
	})
	log := said{zapcore.WarnLevel, make(chan string, 1)}
	s := serveLogged(t, Config{Games: []*game.Def{slow}, TraceOverruns: true}, zap.New(log))
	if _, err := s.host.Create(game.RoomOptions{Game: "slow"}); err != nil {
		t.Fatal(err)
	}
	trace := <-log.traces
	if dir := filepath.Join(s.cfg.DataDir, "traces"); filepath.Dir(trace) != dir {
		t.Fatalf("%q is said of the overrun, want the name of a file in %s", trace, dir)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(text, []byte("go 1.")) {
		t.Errorf("%d bytes that begin with %.8q; want an execution trace", len(text), text)
	}
}
