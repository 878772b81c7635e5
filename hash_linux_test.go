package skirmish

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// children are the processes that pid has started, by their command lines.
func children(t *testing.T, pid int) map[string]string {
	t.Helper()
	found := map[string]string{}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range all {
		stat, err := os.ReadFile(folder + "/stat")
		if err != nil {
			continue // it has ended
		}
		_, fields, _ := strings.Cut(string(stat), ") ")
		if strings.Fields(fields)[1] != strconv.Itoa(pid) {
			continue
		}
		line, err := os.ReadFile(folder + "/cmdline")
		if err != nil {
			continue
		}
		found[folder] = string(bytes.ReplaceAll(line, []byte{0}, []byte(" ")))
	}
	return found
}

// TestPasswordsAreHashedInANiceProcess: what a flood of sign-ins computes never competes with a tick, garbage and goroutines of argon2
// included.
func TestPasswordsAreHashedInANiceProcess(t *testing.T) {
	s := start(t, "--data", t.TempDir())
	if list := children(t, s.cmd.Process.Pid); len(list) != 0 {
		t.Errorf("before there is anything to hash: %v", list)
	}
	body := map[string]string{"email": "ann@game.example", "password": "correct horse", "transport": "body"}
	if code := post(t, s.url+"/v1/auth/login", "", body, nil); code != http.StatusUnauthorized {
		t.Fatalf("login of a stranger: %d, want 401", code)
	}
	list := children(t, s.cmd.Process.Pid)
	if len(list) != 1 {
		t.Fatalf("processes of the server after a sign-in: %v, want one", list)
	}
	for folder, line := range list {
		if !strings.HasSuffix(line, " hash-worker ") {
			t.Errorf("the process is %q", line)
		}
		tasks, err := filepath.Glob(folder + "/task/*/stat")
		if err != nil || len(tasks) == 0 {
			t.Fatalf("threads %v, %v", tasks, err)
		}
		for _, task := range tasks {
			stat, err := os.ReadFile(task)
			if err != nil {
				t.Fatal(err)
			}
			_, fields, _ := strings.Cut(string(stat), ") ")
			const idle = "5" // SCHED_IDLE, sched(7)
			if nice, policy := strings.Fields(fields)[16], strings.Fields(fields)[38]; nice != "19" || policy != idle {
				t.Errorf("a thread that hashes has niceness %s and policy %s, want 19 and %s: it gives way at once", nice, policy, idle)
			}
		}
	}
}
