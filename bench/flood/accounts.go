//go:build linux

package flood

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	password = "correct horse battery"
	accounts = 2
)

// encode makes a body.
func encode(fields map[string]string) []byte {
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err) // strings always marshal
	}
	return body
}

// register makes accounts and opens the links in their letters.
func (f *Flood) register(ctx context.Context) error {
	for i := range accounts {
		email := fmt.Sprintf("ann%d@game.example", i)
		body := encode(map[string]string{"name": "Ann", "email": email, "password": password, "transport": "body"})
		if err := f.want(ctx, "/v1/auth/register", http.StatusOK, body); err != nil {
			return err
		}
		f.emails = append(f.emails, email)
	}
	letters, err := f.letters(ctx)
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
			return fmt.Errorf("the letter %s holds no link", file)
		}
		body := encode(map[string]string{"token": strings.Fields(rest)[0]})
		if err := f.want(ctx, "/v1/auth/confirm", http.StatusNoContent, body); err != nil {
			return err
		}
	}
	return nil
}

// letters waits for the files of the letters, which are written beside the answers.
func (f *Flood) letters(ctx context.Context) ([]string, error) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	late := time.After(patience)
	for {
		files, err := filepath.Glob(filepath.Join(f.cfg.Mail, "*.txt"))
		if err != nil || len(files) >= accounts {
			return files, err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late:
			return nil, fmt.Errorf("%d of %d letters have come to %s", len(files), accounts, f.cfg.Mail)
		}
	}
}

// want is a request of the preparations: any other status is an error, but for that of a machine that has no time for a hash now, which
// is asked again when it says, for as long as patience.
func (f *Flood) want(ctx context.Context, path string, status int, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		res, err := f.post(ctx, path, "203.0.113.8", body)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close() // it has been read, or is of no use
		switch {
		case err != nil:
			return err
		case res.StatusCode == status:
			return nil
		case res.StatusCode != http.StatusServiceUnavailable:
			return fmt.Errorf("%s answered %d, want %d: %.200s", path, res.StatusCode, status, text)
		}
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil {
			return fmt.Errorf("%s answered 503 without a Retry-After in seconds: %w", path, err)
		}
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
		case <-ctx.Done():
			return fmt.Errorf("%s answered 503 until time was up: %.200s", path, text)
		}
	}
}
