//go:build unix

package store

import (
	"bufio"
	"os"
	"os/exec"
	"reflect"
	"syscall"
	"testing"
	"time"
)

// crashDir and crashURL name the database to a child process that writes and waits to be killed.
const (
	crashDir = "SKIRMISH_TEST_CRASH_DIR"
	crashURL = "SKIRMISH_TEST_CRASH_URL"
)

// A real process is killed with SIGKILL right after its calls have returned: all it was told is stored must be there.
func TestWritesSurviveSIGKILL(t *testing.T) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeAndWait(t, database{Config{Dir: dir, URL: os.Getenv(crashURL)}})
		return
	}
	on(t, killWriter)
}

func killWriter(t *testing.T, db database) {
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWritesSurviveSIGKILL$")
	child.Env = append(os.Environ(), crashDir+"="+db.cfg.Dir, crashURL+"="+db.cfg.URL)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "stored\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	if err := child.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}

	s := db.open(t)
	if a, err := s.Account(t.Context(), "a"); err != nil || !a.Seated || a.Name != "Ann" {
		t.Errorf("account %+v, %v", a, err)
	}
	if _, err := s.Rotate(t.Context(), rotation("fa", "h1", "h2", t0.Add(time.Minute))); err != nil {
		t.Errorf("the rotated secret: %v", err)
	}
	if tickets, err := s.Tickets(t.Context()); err != nil || len(tickets) != 1 || !reflect.DeepEqual(tickets[0], matchedTicket("t1", "a")) {
		t.Errorf("tickets %+v, %v", tickets, err)
	}
	if r, err := s.Result(t.Context(), "m1"); err != nil || r.Game != "draughts" {
		t.Errorf("result %+v, %v", r, err)
	}
}

func writeAndWait(t *testing.T, db database) {
	s := db.open(t)
	addGuest(t, s, "a", t0)
	if err := s.MarkSeated(t.Context(), "a", t0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rotate(t.Context(), rotation("fa", "h0", "h1", t0)); err != nil {
		t.Fatal(err)
	}
	if err := s.PutTicket(t.Context(), ticket("t1", "a")); err != nil {
		t.Fatal(err)
	}
	if err := s.MoveTickets(t.Context(), []TicketRoom{roomOf(matchedTicket("t1", "a"))}); err != nil {
		t.Fatal(err)
	}
	result := Result{ID: "m1", Room: "r", Game: "draughts", FinishedAt: t0, Payload: []byte("1")}
	if _, err := s.PutResult(t.Context(), result); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stdout.WriteString("stored\n"); err != nil {
		t.Fatal(err)
	}
	select {} // until killed
}
