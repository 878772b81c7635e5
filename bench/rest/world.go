//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// world is the players of a server that is measured.
type world struct {
	server   *server
	tokens   []string // access tokens of guests who have had a seat
	emails   []string // of accounts with the password
	networks atomic.Uint32
}

const (
	password = "correct horse battery"
	mailed   = 12 // accounts with e-mail and password: their letters are files, of which a server keeps 100
	rooms    = 100
)

// from is an address that nobody has come from yet.
func (w *world) from() string {
	n := w.networks.Add(1)
	return fmt.Sprintf("10.%d.%d.%d", byte(n>>16), byte(n>>8), byte(n))
}

// newWorld fills a server: guests enough that no account meets its limit of 60 requests at once and five a second, whatever a client of
// the bench does; some accounts with a password.
func newWorld(s *server, cfg config) (*world, error) {
	w := &world{server: s}
	c := &conn{addr: s.addr}
	defer c.close()
	for range max(600, 300*int(cfg.duration.Seconds())) {
		var session struct {
			Token string `json:"access_token"`
		}
		guest := request{method: http.MethodPost, path: "/v1/auth/guest", body: `{"name":"Ann","transport":"body"}`, from: w.from()}
		if err := c.want(http.StatusOK, guest, &session); err != nil {
			return nil, err
		}
		seat := request{method: http.MethodPost, path: "/v1/quickjoin", body: `{"game":"arena"}`, token: session.Token, from: w.from()}
		if err := c.want(http.StatusOK, seat, nil); err != nil {
			return nil, err
		}
		w.tokens = append(w.tokens, session.Token)
	}
	if cfg.wants("login") {
		return w, w.register(c)
	}
	return w, nil
}

// register makes the accounts with a password, and opens the links that their letters hold.
func (w *world) register(c *conn) error {
	for i := range mailed {
		email := fmt.Sprintf("ann%d@example.org", i)
		r := request{
			method: http.MethodPost, path: "/v1/auth/register", from: w.from(),
			body: fmt.Sprintf(`{"name":"Ann","email":%q,"password":%q,"transport":"body"}`, email, password),
		}
		if err := c.want(http.StatusOK, r, nil); err != nil {
			return err
		}
		w.emails = append(w.emails, email)
	}
	letters, err := w.letters()
	if err != nil {
		return err
	}
	for _, file := range letters {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		_, rest, found := strings.Cut(string(text), "#confirm=")
		if !found {
			return fmt.Errorf("%s holds no link", file)
		}
		link := strings.FieldsFunc(rest, func(r rune) bool { return r <= ' ' })[0]
		r := request{method: http.MethodPost, path: "/v1/auth/confirm", from: w.from(), body: fmt.Sprintf(`{"token":%q}`, link)}
		if err := c.want(http.StatusNoContent, r, nil); err != nil {
			return err
		}
	}
	return nil
}

// letters waits for the files of the letters, which are sent beside the answers.
func (w *world) letters() ([]string, error) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(w.server.dir, "data", "mail", "*.txt"))
		if err != nil || len(files) >= mailed {
			return files, err
		}
	}
	return nil, errors.New("the letters did not come")
}

// openRooms makes rooms for the list, which stay while it is measured: a room without players ends after ten seconds, so that they are
// made anew for each scenario, and the list of a longer one shrinks.
func (w *world) openRooms(context.Context) error {
	c := &conn{addr: w.server.addr}
	defer c.close()
	for i := range rooms {
		r := request{
			method: http.MethodPost, path: "/v1/rooms", token: w.tokens[i%len(w.tokens)], from: w.from(),
			body: fmt.Sprintf(`{"game":"arena","name":"Room %d","mode":"ffa","metadata":{"map":"ice"}}`, i),
		}
		if err := c.want(http.StatusCreated, r, nil); err != nil {
			return err
		}
	}
	return nil
}
