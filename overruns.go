package skirmish

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/trace"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/game"
)

// How much evidence of overruns is kept: one that comes again and again must not fill the disk, nor slow the ticks by writing.
const (
	overrunsEvery = time.Minute
	overrunsKept  = 8
	overrunAge    = 5 * time.Second // that a trace reaches back at least, if its size allows
	overrunSize   = 16 << 20        // about the most that a trace holds
)

// overruns keeps the last seconds of the runtime's execution trace in memory, and writes them to a file when a room has overrun its period:
// what kept it is seen there with go tool trace.
type overruns struct {
	dir      string
	recorder recorder
	now      func() time.Time
	log      *zap.Logger
	pending  chan game.Overrun // holds one
}

// recorder is a trace.FlightRecorder.
type recorder interface {
	WriteTo(io.Writer) (int64, error)
	Stop()
}

// startOverruns begins to record. Stop its recorder at the end.
func startOverruns(dir string, log *zap.Logger) (*overruns, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("--trace-overruns: %w", err)
	}
	r := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: overrunAge, MaxBytes: overrunSize})
	if err := r.Start(); err != nil {
		return nil, fmt.Errorf("--trace-overruns: %w", err)
	}
	return &overruns{dir: dir, recorder: r, now: time.Now, log: log, pending: make(chan game.Overrun, 1)}, nil
}

// offer takes an overrun to be written, unless another is. It is called by the goroutine that steps rooms and does not block.
func (o *overruns) offer(v game.Overrun) {
	select {
	case o.pending <- v:
	default:
	}
}

// run writes until ctx is done.
func (o *overruns) run(ctx context.Context) {
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case v := <-o.pending:
			now := o.now()
			if !last.IsZero() && now.Sub(last) < overrunsEvery {
				continue
			}
			last = now
			path, err := o.dump(now)
			if err != nil {
				o.log.Warn("the trace of a step that took too long could not be written", zap.Error(err))
				continue
			}
			o.log.Warn("a step took longer than its period, or began so late: see its trace with go tool trace",
				zap.String("room", v.Room), zap.String("game", v.Game), zap.Uint32("tick", v.Tick), zap.Duration("late", v.Late),
				zap.Duration("took", v.Took), zap.String("trace", path))
		}
	}
}

// dump writes one trace and removes the oldest beyond overrunsKept.
func (o *overruns) dump(now time.Time) (path string, err error) {
	path = filepath.Join(o.dir, now.UTC().Format("overrun-20060102T150405Z.trace"))
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	_, err = o.recorder.WriteTo(f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(path) // half a trace is of no use
		return "", err
	}
	all, err := filepath.Glob(filepath.Join(o.dir, "overrun-*.trace"))
	if err != nil {
		return "", err
	}
	slices.Sort(all) // the time is in the name
	for len(all) > overrunsKept {
		if err := os.Remove(all[0]); err != nil {
			return "", err
		}
		all = all[1:]
	}
	return path, nil
}
