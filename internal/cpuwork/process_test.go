package cpuwork

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const childEnv = "CPUWORK_TEST_CHILD"

// TestMain turns this test binary into the process that computes when a Pool starts it as one.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		goleak.VerifyTestMain(m)
		return
	}
	err := Serve(os.Stdin, os.Stdout, func(request []byte) []byte {
		switch string(request) {
		case "die":
			os.Exit(3)
		case "pid":
			return []byte(strconv.Itoa(os.Getpid()))
		case "hang":
			<-time.After(time.Hour)
		case "long":
			return make([]byte, maxFrame)
		}
		return bytes.ToUpper(request)
	})
	if err != nil {
		os.Exit(1)
	}
}

// withChild is a Pool whose processes are this test binary, and what it says of their failures.
func withChild(t *testing.T, cfg Config) (*Pool, func() []error) {
	t.Helper()
	t.Setenv(childEnv, "1")
	var mu sync.Mutex
	var failures []error
	cfg.Command = []string{os.Args[0]}
	cfg.Failed = func(err error) {
		mu.Lock()
		defer mu.Unlock()
		failures = append(failures, err)
	}
	return newPool(t, cfg), func() []error {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(failures)
	}
}

func call(t *testing.T, p *Pool, request string) string {
	t.Helper()
	answer, err := p.Call(context.Background(), []byte(request))
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	return string(answer)
}

func TestCallIsAnsweredByAnotherProcess(t *testing.T) {
	p, failures := withChild(t, Config{Workers: 2})
	if got := call(t, p, "password"); got != "PASSWORD" {
		t.Errorf("answer %q", got)
	}
	if got := call(t, p, ""); got != "" {
		t.Errorf("answer to an empty request: %q", got)
	}
	if got := call(t, p, "long"); len(got) != maxFrame {
		t.Errorf("the longest answer has come as %d bytes", len(got))
	}
	pid := call(t, p, "pid")
	if pid == strconv.Itoa(os.Getpid()) {
		t.Error("this process has computed it")
	}
	if again := call(t, p, "pid"); again != pid {
		t.Error("each request has a process of its own: starting one takes longer than the work")
	}
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			want := fmt.Sprint("P", i)
			if got, err := p.Call(context.Background(), []byte(strings.ToLower(want))); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v", want, got, err)
			}
		})
	}
	wg.Wait()
	if n := len(p.processes); n > 2 {
		t.Errorf("%d processes for two workers", n)
	}
	if f := failures(); f != nil {
		t.Error(f)
	}
}

func TestProcessThatDiesIsReplaced(t *testing.T) {
	p, failures := withChild(t, Config{Workers: 1})
	first := call(t, p, "pid")
	if _, err := p.Call(context.Background(), []byte("die")); !errors.Is(err, ErrProcess) {
		t.Fatalf("%v, want ErrProcess", err)
	}
	if f := failures(); len(f) != 1 {
		t.Errorf("told of %v, want one failure", f)
	}
	if second := call(t, p, "pid"); second == first {
		t.Error("the dead process answers")
	}
}

// A process that gets no processor says how busy the machine is. Were it a failure, the server would compute the hash itself, when its ticks
// need the processor most.
func TestProcessThatIsTooSlowIsToldAndItsWorkNotDoneElsewhere(t *testing.T) {
	p, failures := withChild(t, Config{Workers: 1, Patience: 50 * time.Millisecond})
	if _, err := p.Call(context.Background(), []byte("hang")); !errors.Is(err, ErrBusy) || errors.Is(err, ErrProcess) {
		t.Errorf("%v, want ErrBusy alone", err)
	}
	if f := failures(); len(f) != 1 || !errors.Is(f[0], ErrBusy) || len(p.processes) > 0 {
		t.Errorf("told of %v, %d processes left; want ErrBusy and none", f, len(p.processes))
	}
}

func TestCallFailsWithoutAProgram(t *testing.T) {
	if _, err := newPool(t, Config{}).Call(context.Background(), nil); !errors.Is(err, ErrProcess) {
		t.Errorf("no command: %v, want ErrProcess", err)
	}
	p := newPool(t, Config{Command: []string{"/nowhere"}})
	if _, err := p.Call(context.Background(), nil); !errors.Is(err, ErrProcess) {
		t.Errorf("no such program: %v, want ErrProcess", err)
	}
	q, _ := withChild(t, Config{})
	if _, err := q.Call(context.Background(), make([]byte, maxFrame+1)); !errors.Is(err, ErrProcess) {
		t.Errorf("too long a request: %v, want ErrProcess", err)
	}
}

func TestCallsAreBounded(t *testing.T) {
	p, _ := withChild(t, Config{Workers: 1, Queue: 1})
	free := occupy(t, p)
	if err := p.Start(func() {}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Call(context.Background(), []byte("x")); !errors.Is(err, ErrBusy) || errors.Is(err, ErrProcess) {
		t.Errorf("%v, want ErrBusy alone: who falls back on ErrProcess must not go round the bound", err)
	}
	free()
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{0, 0})
	f.Add([]byte{0, 3, 1, 2, 3, 9})
	f.Add([]byte{0x10, 0})
	f.Add([]byte{255, 255, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readFrame(bytes.NewReader(data))
		if err != nil {
			if errors.Is(err, io.EOF) && len(data) > 0 {
				t.Error("a cut frame counts as the end")
			}
			return
		}
		var again bytes.Buffer
		if err := writeFrame(&again, got); err != nil || !bytes.HasPrefix(data, again.Bytes()) {
			t.Errorf("%x is read as %x", data, got)
		}
	})
}
