package product

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/client"
)

// ColdStart is how long one start took, from the start of the process, in milliseconds.
type ColdStart struct {
	ListeningMS float64 `json:"listening_ms"`
	SeatedMS    float64 `json:"seated_ms"`  // a guest has signed in and found a place by quick join
	PlayingMS   float64 `json:"playing_ms"` // it has the room's first snapshot: the first accepted player
}

// patience is how long a start may take before it counts as failed.
const patience = time.Minute

// ColdStart starts the server on an empty folder, lets a guest in and ends it. start starts the process: it may say on which processors.
func (p Program) ColdStart(ctx context.Context, start func(*exec.Cmd) error) (s ColdStart, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dir, err := os.MkdirTemp("", "skirmish-coldstart-")
	if err != nil {
		return s, fmt.Errorf("product: cold start: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cmd := exec.CommandContext(ctx, p.Path, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", dir, "--log-level", "warn")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return s, fmt.Errorf("product: cold start: %w", err)
	}
	begun := time.Now()
	if err := start(cmd); err != nil {
		return s, fmt.Errorf("product: cold start: %w", err)
	}
	defer func() {
		_ = cmd.Process.Kill() // its folder goes with it
		_ = cmd.Wait()
	}()
	since := func() float64 { return float64(time.Since(begun).Microseconds()) / 1000 }
	line, err := bufio.NewReader(out).ReadString('\n')
	url := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if err != nil || url == "" {
		return s, fmt.Errorf("product: cold start: the server does not say where it listens: %q (%w)", line, err)
	}
	s.ListeningMS = since()
	place, err := seat(ctx, url)
	if err != nil {
		return s, fmt.Errorf("product: cold start: %w", err)
	}
	s.SeatedMS = since()
	if err := untilSnapshot(ctx, place); err != nil {
		return s, fmt.Errorf("product: cold start: %w", err)
	}
	s.PlayingMS = since()
	return s, nil
}

// seat signs in as a guest and takes the first place that quick join finds, and returns where to dial.
func seat(ctx context.Context, url string) (string, error) {
	var account struct {
		AccessToken string `json:"access_token"`
	}
	if err := post(ctx, url+"/v1/auth/guest", "", map[string]string{"name": "Ann", "transport": "body"}, &account); err != nil {
		return "", err
	}
	var place struct {
		URL string `json:"url"`
	}
	err := post(ctx, url+"/v1/quickjoin", account.AccessToken, map[string]string{"game": "arena"}, &place)
	return place.URL, err
}

func post(ctx context.Context, url, bearer string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // all that is wanted has been read
	if res.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10)) // as much as there is
		return fmt.Errorf("%s answered %d: %s", url, res.StatusCode, said)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// untilSnapshot dials a place and leaves at the first snapshot.
func untilSnapshot(ctx context.Context, url string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	seen := false
	conn, err := client.Dial(ctx, url, client.ConnOptions{Options: client.Options{OnSnapshot: func() { seen = true; cancel() }}})
	if err != nil {
		return err
	}
	if err := conn.Run(ctx); err != nil {
		return err
	}
	if !seen {
		return errors.New("the room sent no snapshot")
	}
	return nil
}
