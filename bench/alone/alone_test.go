//go:build linux

package alone

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/skirmish-dev/skirmish/bench/floor"
	"github.com/skirmish-dev/skirmish/bench/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server that ends with the test.
func serve(t *testing.T, w floor.Work) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, w) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestEachClientGetsAFrameOfTheAskedLengthPerTick(t *testing.T) {
	for _, bytes := range []int{4, 125, 126, 2000} {
		t.Run(fmt.Sprint(bytes), func(t *testing.T) {
			t.Parallel()
			target := load.Plain{Addr: serve(t, floor.Work{Groups: 3, Clients: 4, Rate: 50, Bytes: bytes}), InputBytes: 14, Handshake: true}
			g, err := load.New(load.Config{Target: target, Rate: 50})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			const clients = 12 // in all three groups
			if failed, err := g.Join(t.Context(), 0, clients); failed > 0 || err != nil {
				t.Fatalf("%d clients did not get in: %v", failed, err)
			}
			w, err := g.Measure(t.Context(), time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if w.Clients != clients || w.Lost != 0 || w.Messages == 0 || w.SnapshotBytes != w.Snapshots*uint64(bytes) {
				t.Errorf("%d clients, %d lost, %d inputs, %d bytes in %d frames", w.Clients, w.Lost, w.Messages, w.SnapshotBytes, w.Snapshots)
			}
			// A busy machine leaves out ticks. One that is counted twice, or by a group for another, is 50 off in a second.
			if w.Drift > 20 {
				t.Errorf("the ticks of the frames are %.1f off from time", w.Drift)
			}
			if failed, err := g.Join(t.Context(), clients, clients+1); failed != 1 || err == nil || !strings.Contains(err.Error(), "503") {
				t.Errorf("one client more than there are places: %d failed, %v", failed, err)
			}
		})
	}
}

func TestMainRefusesWhatItCannotDo(t *testing.T) {
	for _, args := range []string{"", "1 2 3", "1 2 3 x", "0 1 20 100", "1 0 20 100", "1 1 0 100", "1 1 20 3"} {
		if err := Main(strings.Fields(args)); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
