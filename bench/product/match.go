package product

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// MatchPass is what skirmish match bench says of one pass of the matchmaker; it says more.
type MatchPass struct {
	Tickets int       `json:"tickets"`
	Players int       `json:"players"`
	PassMS  float64   `json:"pass_ms"` // the median of the passes
	AllMS   []float64 `json:"all_pass_ms"`
	Matched int       `json:"matched"` // tickets
}

// MatchPass measures passes over so many waiting tickets with rules that use everything, on one processor. start starts the process:
// it may tie it to a processor.
func (p Program) MatchPass(ctx context.Context, tickets int, start func(*exec.Cmd) error) (m MatchPass, err error) {
	cmd := exec.CommandContext(ctx, p.Path, "match", "bench", "--tickets", strconv.Itoa(tickets), "--json", "-")
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return m, fmt.Errorf("product: match bench: %w", err)
	}
	if err := start(cmd); err != nil {
		return m, fmt.Errorf("product: match bench: %w", err)
	}
	err = json.NewDecoder(out).Decode(&m)
	if err = errors.Join(err, cmd.Wait()); err != nil {
		return m, fmt.Errorf("product: match bench: %w", err)
	}
	if m.Tickets != tickets || m.PassMS <= 0 || m.Matched == 0 {
		return m, fmt.Errorf("product: match bench: %+v is no pass over %d tickets that matches some", m, tickets)
	}
	return m, nil
}
