package cpuwork

import (
	"context"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// niceness reads that of the calling thread from /proc, where it is the 19th field of stat.
func niceness(t *testing.T) int {
	t.Helper()
	raw, err := os.ReadFile("/proc/self/task/" + strconv.Itoa(syscall.Gettid()) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(raw), ") ") // the name before it may hold anything
	n, err := strconv.Atoi(strings.Fields(fields)[16])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWorkRunsOnNiceThreadThatDiesWithIt(t *testing.T) {
	p := newPool(t, Config{Workers: 1})
	var tid, nice int
	if err := p.Do(context.Background(), func() { tid, nice = syscall.Gettid(), niceness(t) }); err != nil {
		t.Fatal(err)
	}
	if nice != 19 {
		t.Errorf("the thread of the work has niceness %d, want 19", nice)
	}
	p.Close()
	task := "/proc/self/task/" + strconv.Itoa(tid)
	for range 1_000_000 { // a thread that goes back to Go's own would run ticks at niceness 19
		if _, err := os.Stat(task); os.IsNotExist(err) {
			return
		}
	}
	t.Error("the thread outlives its work")
}
