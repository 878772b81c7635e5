// Command coldstart measures how long it takes from the start of a server, on an empty folder, to its first accepted player: one that has
// signed in, found a room by quick join and has the room's first snapshot.
//
//	go run ./bench/coldstart
//
// The server is this program, started anew for each run with our games. The bar is 300 ms; the exit code is 1 when the median misses it.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"time"

	"github.com/skirmish-dev/skirmish"
	"github.com/skirmish-dev/skirmish/game/arena"
	"github.com/skirmish-dev/skirmish/game/crowd"
	"github.com/skirmish-dev/skirmish/game/draughts"
	"github.com/skirmish-dev/skirmish/netcode/client"
)

// serverEnv makes this program the server.
const serverEnv = "SKIRMISH_COLDSTART_SERVER"

const bar = 300 * time.Millisecond

// steps are the times from the start of the process.
type steps struct{ listening, seated, playing time.Duration }

func main() {
	if os.Getenv(serverEnv) != "" {
		skirmish.Main(arena.Def, draughts.Def, crowd.Def)
	}
	runs := flag.Int("runs", 10, "servers to start, one after the other")
	flag.Parse()
	median, err := measure(*runs)
	if err != nil {
		fmt.Fprintln(os.Stderr, "coldstart:", err)
		os.Exit(1)
	}
	if median > bar {
		os.Exit(1)
	}
}

func measure(runs int) (time.Duration, error) {
	if runs < 1 {
		return 0, errors.New("--runs must be at least 1")
	}
	var all []steps
	for range runs {
		s, err := coldStart()
		if err != nil {
			return 0, err
		}
		all = append(all, s)
	}
	middle := func(of func(steps) time.Duration) time.Duration {
		var list []time.Duration
		for _, s := range all {
			list = append(list, of(s))
		}
		slices.Sort(list)
		return list[len(list)/2].Round(time.Millisecond)
	}
	playing := middle(func(s steps) time.Duration { return s.playing })
	slices.SortFunc(all, func(a, b steps) int { return int(a.playing - b.playing) })
	fmt.Printf("runs=%d listening=%v seated=%v first_player=%v (medians) least=%v most=%v bar=%v pass=%v\n", runs,
		middle(func(s steps) time.Duration { return s.listening }), middle(func(s steps) time.Duration { return s.seated }), playing,
		all[0].playing.Round(time.Millisecond), all[len(all)-1].playing.Round(time.Millisecond), bar, playing <= bar)
	return playing, nil
}

// coldStart starts one server and joins it.
func coldStart() (s steps, err error) {
	dir, err := os.MkdirTemp("", "skirmish-coldstart-")
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	cmd := exec.Command(self, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", dir, "--log-level", "warn")
	cmd.Env = append(os.Environ(), serverEnv+"=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return s, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return s, err
	}
	defer func() {
		_ = cmd.Process.Kill() // its folder goes with it
		_ = cmd.Wait()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	url := regexp.MustCompile(`http://[0-9.:]+`).FindString(line)
	if err != nil || url == "" {
		return s, fmt.Errorf("the server did not start: %q (%w)", line, err)
	}
	s.listening = time.Since(begun)
	place, err := seat(url)
	if err != nil {
		return s, err
	}
	s.seated = time.Since(begun)
	err = playUntilSnapshot(place)
	s.playing = time.Since(begun)
	return s, err
}

// seat signs in as a guest and takes the first place that quick join finds, and returns where to dial.
func seat(url string) (string, error) {
	var account struct {
		AccessToken string `json:"access_token"`
	}
	if err := post(url+"/v1/auth/guest", "", map[string]string{"name": "Ann", "transport": "body"}, &account); err != nil {
		return "", err
	}
	var place struct {
		URL string `json:"url"`
	}
	err := post(url+"/v1/quickjoin", account.AccessToken, map[string]string{"game": "arena"}, &place)
	return place.URL, err
}

func post(url, bearer string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(text))
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

// playUntilSnapshot dials a place and leaves at the first snapshot.
func playUntilSnapshot(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
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
		return errors.New("no snapshot within 10 s")
	}
	return nil
}
