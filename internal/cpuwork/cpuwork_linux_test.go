package cpuwork

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// niceness reads that of the calling thread.
func niceness(t *testing.T) int {
	return nicenessOf(t, "/proc/self/task/"+strconv.Itoa(syscall.Gettid()))
}

// nicenessOf reads it from a folder of /proc, where it is the 19th field of stat.
func nicenessOf(t *testing.T, task string) int {
	t.Helper()
	raw, err := os.ReadFile(task + "/stat")
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

func TestWorkRunsOnNiceThreadsThatDieWithIt(t *testing.T) {
	const workers = 3 // at a time, so that each has a thread; at most one of them is the process's first, which Go parks for good
	p := newPool(t, Config{Workers: workers})
	var tids, nice [workers]int
	var all, ended sync.WaitGroup
	all.Add(workers)
	for i := range workers {
		ended.Go(func() {
			err := p.Do(context.Background(), func() {
				tids[i], nice[i] = syscall.Gettid(), niceness(t)
				all.Done()
				all.Wait()
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	ended.Wait()
	p.Close()
	for i, tid := range tids {
		if nice[i] != 19 {
			t.Errorf("the thread of the work has niceness %d, want 19", nice[i])
		}
		if tid != os.Getpid() && !ends("/proc/self/task/"+strconv.Itoa(tid)) {
			t.Error("the thread outlives its work: it would run ticks at niceness 19")
		}
	}
}

func TestProcessIsIdleWithAllItsThreadsAndEndsWithThePool(t *testing.T) {
	p, _ := withChild(t, Config{Workers: 1})
	folder := "/proc/" + call(t, p, "pid")
	tasks, err := filepath.Glob(folder + "/task/*")
	if err != nil || len(tasks) < 2 {
		t.Fatalf("threads %v, %v", tasks, err)
	}
	for _, task := range tasks {
		id, err := strconv.Atoi(filepath.Base(task))
		if err != nil {
			t.Fatal(err)
		}
		if a, err := unix.SchedGetAttr(id, 0); err != nil || a.Policy != unix.SCHED_IDLE || a.Nice != 19 {
			t.Errorf("a thread of the process is %+v, %v; want it idle", a, err)
		}
	}
	p.Close()
	if !ends(folder) {
		t.Error("the process outlives its pool")
	}
}

// ends waits for a thread to be gone.
func ends(task string) bool {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		if _, err := os.Stat(task); os.IsNotExist(err) {
			return true
		}
	}
	return false
}
