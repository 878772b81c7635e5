package cpuwork

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func newPool(t *testing.T, cfg Config) *Pool {
	t.Helper()
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// occupy keeps a worker busy until the function that it returns is called.
func occupy(t *testing.T, p *Pool) (release func()) {
	t.Helper()
	begun, free := make(chan struct{}), make(chan struct{})
	if err := p.Start(func() { close(begun); <-free }); err != nil {
		t.Fatal(err)
	}
	<-begun
	return sync.OnceFunc(func() { close(free) })
}

func TestDoReturnsWhenTheWorkHasEnded(t *testing.T) {
	p := newPool(t, Config{})
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			got := 0
			if err := p.Do(context.Background(), func() { got = i + 1 }); err != nil || got != i+1 {
				t.Errorf("work %d: got %d, %v", i, got, err)
			}
		})
	}
	wg.Wait()
}

func TestPoolIsBounded(t *testing.T) {
	p := newPool(t, Config{Workers: 2, Queue: 3})
	free1, free2 := occupy(t, p), occupy(t, p)
	defer free1()
	defer free2()
	var ran atomic.Int32
	for range 3 {
		if err := p.Start(func() { ran.Add(1) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Start(func() {}); !errors.Is(err, ErrBusy) {
		t.Errorf("Start with a full queue: %v, want ErrBusy", err)
	}
	if err := p.Do(context.Background(), func() {}); !errors.Is(err, ErrBusy) {
		t.Errorf("Do with a full queue: %v, want ErrBusy", err)
	}
	if ran.Load() != 0 {
		t.Error("more runs at a time than may")
	}
	free1()
	free2()
	p.Close()
	if ran.Load() != 3 {
		t.Errorf("%d of 3 pieces that waited have run when Close returns", ran.Load())
	}
}

func TestDoneContextTakesWaitingWorkBack(t *testing.T) {
	p := newPool(t, Config{Workers: 1, Queue: 1})
	free := occupy(t, p)
	defer free()
	ctx, cancel := context.WithCancel(context.Background())
	ran := false
	result := make(chan error)
	go func() { result <- p.Do(ctx, func() { ran = true }) }()
	for waiting := 0; waiting == 0; {
		p.mu.Lock()
		waiting = len(p.waiting)
		p.mu.Unlock()
	}
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that the context is done", err)
	}
	if err := p.Start(func() {}); err != nil {
		t.Errorf("its place in the queue is not free: %v", err)
	}
	free()
	p.Close()
	if ran {
		t.Error("work ran that Do had given up")
	}
}

func TestDoWaitsForWorkThatHasBegunWhateverTheContextSays(t *testing.T) {
	p := newPool(t, Config{Workers: 1})
	ctx, cancel := context.WithCancel(context.Background())
	ended := false
	err := p.Do(ctx, func() {
		cancel()
		ended = true // a race if Do has returned
	})
	if err != nil || !ended {
		t.Errorf("%v, ended: %v", err, ended)
	}
	if err := p.Do(ctx, func() { t.Error("work ran for a context that was done before") }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPanicOfWorkGoesOnInTheCaller(t *testing.T) {
	p := newPool(t, Config{Workers: 1})
	func() {
		defer func() {
			if got := recover(); got != "wrong" {
				t.Errorf("recovered %v", got)
			}
		}()
		_ = p.Do(context.Background(), func() { panic("wrong") })
		t.Error("Do has returned")
	}()
	if err := p.Do(context.Background(), func() {}); err != nil {
		t.Errorf("after a panic: %v", err)
	}
}

func TestWorkThatEndsItsGoroutineLeavesNobodyWaiting(t *testing.T) {
	p := newPool(t, Config{Workers: 1})
	free := occupy(t, p)
	ran := false
	for _, work := range []func(){runtime.Goexit, func() { ran = true }} {
		if err := p.Start(work); err != nil {
			t.Fatal(err)
		}
	}
	free()
	p.Close()
	if !ran {
		t.Error("what waited behind it has not run")
	}
}

func TestClosedPoolTakesNothing(t *testing.T) {
	p := newPool(t, Config{})
	p.Close()
	p.Close()
	if err := p.Start(func() {}); !errors.Is(err, ErrClosed) {
		t.Errorf("Start: %v", err)
	}
	if err := p.Do(context.Background(), func() {}); !errors.Is(err, ErrClosed) {
		t.Errorf("Do: %v", err)
	}
}

func TestConfigRefusesNegativeBounds(t *testing.T) {
	for _, c := range []Config{{Workers: -1}, {Queue: -1}, {Patience: -1}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
