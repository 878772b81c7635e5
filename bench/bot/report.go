package bot

import (
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"text/tabwriter"
)

// Report is what the bots saw in the measured time. Rates are per second that a client was playing; times are milliseconds.
type Report struct {
	// Clients that were asked for, and how many of them have played.
	Clients   int `json:"clients"`
	Connected int `json:"connected"`

	SnapshotsPerClientS float64 `json:"snapshots_per_client_s"`
	// BytesPerClientS counts all messages of the server, without WebSocket headers.
	BytesPerClientS  float64 `json:"bytes_per_client_s"`
	BytesPerSnapshot float64 `json:"bytes_per_snapshot"`
	// GapMS is between two snapshots of one client. A silence of over a second counts though nothing has ended it.
	GapMS Gap `json:"gap_ms"`
	// RTTMS is the round trip of the network: PING to PONG without the server's part.
	RTTMS Quantiles `json:"rtt_ms"`
	// InputToEffectMS is from sending an input to the first snapshot that says it was consumed.
	InputToEffectMS Quantiles `json:"input_to_effect_ms"`

	// Disconnects are connections that ended though neither the bot left nor the match was over.
	Disconnects int `json:"disconnects"`
	// Resumed is how many of them ended with the same player on another connection, without asking the lobby.
	Resumed int `json:"resumed"`
	// Desyncs are messages that broke the protocol or left the client with another state than the server's. Each ended its
	// connection.
	Desyncs int `json:"desyncs"`
	// Errors counts by kind: those of joining, and the causes of Disconnects and Desyncs.
	Errors map[string]int `json:"errors"`
}

// Quantiles of a time in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// Gap is the time between snapshots in milliseconds.
type Gap struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// WriteTable writes the report for people.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, values ...any) {
		fmt.Fprintf(t, "%s\t"+format+"\n", append([]any{name}, values...)...) // Flush tells of errors
	}
	line("clients", "%d of %d connected", r.Connected, r.Clients)
	line("snapshots", "%.1f per client and second, %.0f B each", r.SnapshotsPerClientS, r.BytesPerSnapshot)
	line("traffic", "%.0f B per client and second", r.BytesPerClientS)
	line("gap", "p50 %.1f ms, p99 %.1f ms, max %.1f ms", r.GapMS.P50, r.GapMS.P99, r.GapMS.Max)
	line("round trip", "p50 %.2f ms, p99 %.2f ms", r.RTTMS.P50, r.RTTMS.P99)
	line("input to effect", "p50 %.1f ms, p99 %.1f ms", r.InputToEffectMS.P50, r.InputToEffectMS.P99)
	line("disconnects", "%d, of which %d were resumed", r.Disconnects, r.Resumed)
	line("desyncs", "%d", r.Desyncs)
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		line("error", "%d x %s", r.Errors[kind], kind)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("bot: write report: %w", err)
	}
	return nil
}

// mostly names the most frequent error.
func (r Report) mostly() string {
	most := "no answer in time"
	for kind, n := range r.Errors {
		if n > r.Errors[most] || n == r.Errors[most] && kind < most {
			most = kind
		}
	}
	return most
}

// round keeps three decimals, which is more than is measured.
func round(v float64) float64 { return math.Round(v*1000) / 1000 }
