package conn

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// streams are what clients sent in the corpus of FuzzParser.
func streams(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/fuzz/FuzzParser/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus of FuzzParser: %v", err)
	}
	list := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := strings.Split(string(text), "\n")[1]
		data, err := strconv.Unquote(strings.TrimSuffix(strings.TrimPrefix(line, "[]byte("), ")"))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list[filepath.Base(file)] = []byte(data)
	}
	for _, v := range violations {
		list[v.name] = v.data
	}
	return list
}

// A room hears over every socket what the Parser says, whatever comes.
func TestSocketReportsWhatParserFinds(t *testing.T) {
	forSockets(t, Config{}, func(t *testing.T, w *world) {
		for name, data := range streams(t) {
			want := []string{"opened " + name}
			found, broken := parseAll(new(Parser), bytes.Clone(data), nil)
			end := broken
			for _, f := range found {
				if f.Kind == KindMessage {
					want = append(want, "message "+string(f.Data))
				}
				if f.Kind == KindClose {
					end = &CloseError{Code: f.Code, Reason: f.Reason, ByPeer: true}
					break
				}
			}
			want = append(want, "closed")

			c := w.dial(name)
			c.write(data)
			if err := c.nc.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			err := w.untilClosed(c.id)
			_ = c.nc.Close()
			if got := w.rec.of(c.id); !slices.Equal(got, want) {
				t.Errorf("%s: reported %q, want %q", name, got, want)
			}
			if end == nil && !errors.Is(err, ErrPeerLeft) || end != nil && err.Error() != end.Error() {
				t.Errorf("%s: closed with %v, want %v", name, err, end)
			}
		}
	})
}
