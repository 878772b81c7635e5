package skirmish

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// disk is a way to leave a server no room for its files.
type disk struct {
	start func(t *testing.T, data string) *child
	fill  func(t *testing.T, c *child, data string)
	free  func(t *testing.T, c *child, data string)
	waits string // what the log says of a result that waits
}

// disks are those that this machine can fill: a small file system that the server's process alone sees, where the kernel lets anybody
// make one, and a limit on the size of the process's files, which every machine has. The first refuses with ENOSPC, and has room in what
// the server has reserved; the second with EFBIG, and has none.
func disks(t *testing.T) map[string]disk {
	t.Helper()
	list := map[string]disk{"size of files": {
		start: startOnDisk,
		fill:  func(t *testing.T, c *child, _ string) { limitFiles(t, c, 0) },
		free:  func(t *testing.T, c *child, _ string) { limitFiles(t, c, unix.RLIM_INFINITY) },
		waits: "a match result could not be stored", // it is in memory
	}}
	if exec.Command("unshare", "-Urm", "mount", "-t", "tmpfs", "none", t.TempDir()).Run() == nil {
		list["file system"] = disk{startOnSmallDisk, fillDisk, freeDisk, "a match result waits for the database"}
	}
	return list
}

func startOnDisk(t *testing.T, data string) *child {
	return start(t, "serve", "--data", data)
}

func limitFiles(t *testing.T, c *child, most uint64) {
	t.Helper()
	var now unix.Rlimit
	if err := unix.Prlimit(c.cmd.Process.Pid, unix.RLIMIT_FSIZE, nil, &now); err != nil {
		t.Fatal(err)
	}
	now.Cur = min(most, now.Max)
	if err := unix.Prlimit(c.cmd.Process.Pid, unix.RLIMIT_FSIZE, &now, nil); err != nil {
		t.Fatal(err)
	}
}

// startOnSmallDisk starts a server that sees 16 MiB at its data folder.
func startOnSmallDisk(t *testing.T, data string) *child {
	const script = `mount -t tmpfs -o size=16m none "$1" && shift && exec "$@"`
	return startProgram(t, "unshare", "-Urm", "sh", "-c", script, "sh", data, os.Args[0], "serve", "--data", data)
}

// filler is the file that takes the rest of a small disk. The server's process has it in a mount namespace of its own.
func filler(c *child, data string) string {
	return filepath.Join("/proc", strconv.Itoa(c.cmd.Process.Pid), "root", data, "filler")
}

func fillDisk(t *testing.T, c *child, data string) {
	t.Helper()
	f, err := os.OpenFile(filler(c, data), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for page := make([]byte, 4096); err == nil; {
		_, err = f.Write(page)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk ends with %v", err)
	}
}

func freeDisk(t *testing.T, c *child, data string) {
	t.Helper()
	if err := os.Remove(filler(c, data)); err != nil {
		t.Fatal(err)
	}
}

// The disk becomes full while two play, one resigns, and there is room again: what needs the disk is refused and leaves nothing, the room
// has not noticed, and the result is stored once.
func TestAFullDiskRefusesAndLosesNothing(t *testing.T) {
	for name, disk := range disks(t) {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			c := disk.start(t, data)
			d := playDuel(t, c.url)
			disk.fill(t, c, data)
			register := map[string]string{"name": "Ben", "email": "ben@example.org", "password": "correct horse battery", "transport": "body"}
			if code := post(t, c.url+"/v1/auth/register", "", register, nil); code != http.StatusServiceUnavailable {
				t.Errorf("an account on a full disk: %d, want 503", code)
			}
			if code := post(t, c.url+"/v1/tickets", d.players[0].AccessToken, map[string]string{"game": "draughts"}, nil); code != 503 {
				t.Errorf("a ticket on a full disk: %d, want 503", code)
			}
			if code, _, text := get(t, c.url+"/v1/players/"+d.players[1].PlayerID); code != 200 {
				t.Errorf("reading on a full disk: %d, %s", code, text)
			}
			if code, _, _ := get(t, c.url+"/readyz"); code != 200 {
				t.Errorf("readyz on a full disk: %d, want 200, since reading works", code)
			}
			before := tick(t, c.admin[len("http://"):], d.room)
			eventually(t, "the room ticks on", func() bool { return tick(t, c.admin[len("http://"):], d.room) > before+2 })
			d.finish(t)
			eventually(t, "the result waits", func() bool { return strings.Contains(c.log.String(), disk.waits) })
			disk.free(t, c, data)
			eventually(t, "the result is stored", func() bool { return stored(t, c.url, d.room) })
			eventually(t, "no result waits", func() bool {
				_, _, text := get(t, c.admin+"/metrics")
				return strings.Contains(text, "\nskirmish_results_waiting 0\n")
			})
			_, _, text := get(t, c.url+"/v1/matches?player="+d.players[1].PlayerID)
			if n := strings.Count(text, `"id":"`+d.room+`"`); n != 1 {
				t.Errorf("the match is %d times in the history: %s", n, text)
			}
			if code := post(t, c.url+"/v1/auth/register", "", register, nil); code != http.StatusOK {
				t.Errorf("the account when there is room: %d, want 200: the refused one has left nothing", code)
			}
		})
	}
}
