package seed

import (
	"fmt"
	"math"
)

// Claim is a published figure beside ours.
type Claim struct {
	Figure    string `json:"figure"`
	Published string `json:"published"`
	Measured  string `json:"measured"`
	Follows   string `json:"follows"` // from what we measured: yes or no
	Why       string `json:"why"`
}

// The published figures, as they are told: five minutes of a state of 9.6 kB, polled every ten seconds.
const (
	pubOverhead = 68 * 1024.0  // of polling
	pubData     = 282 * 1024.0 // of polling
	pubPolling  = 5000.0       // ms
	pubSocket   = 852.0        // bytes, WebSocket
	pubDeltas   = 426.0        // bytes, WebSocket with deltas
	pubPush     = 200.0        // ms, WebSocket
	pubLess     = 80.0         // times less overhead
	pubLeast    = 3200.0       // times less with deltas
)

// near is how far ours may be from a published figure, as a factor, for that to follow.
const near = 1.5

func follows(published, measured float64) string {
	if ratio := measured / published; ratio >= 1/near && ratio <= near {
		return "yes"
	}
	return "no"
}

// claims compares the published figures with the workload score.
func claims(r Report) []Claim {
	m := r.Workloads[0]
	poll, whole, deltas, events := m.channel(Polling), m.channel(Whole), m.channel(Changes), m.channel(Stream)
	requests := float64(max(1, poll.Messages))
	body := float64(deltas.Total() - deltas.Data) // the first state counts as data on all channels
	change := float64(deltas.Total()-deltas.Opening) - m.StateBytes
	less := float64(poll.Overhead) / body
	least := float64(poll.Total()) / (float64(deltas.Total()) - m.StateBytes)
	payload := float64(poll.Data) / change
	best := (pubOverhead + pubData) / pubDeltas
	return []Claim{
		{
			Figure: "polling, overhead", Published: "68 KiB", Measured: kib(poll.Overhead), Follows: follows(pubOverhead, float64(poll.Overhead)),
			Why: fmt.Sprintf("%.0f bytes of headers for each of %d polls; theirs are %.0f, which takes cookies or a long token",
				float64(poll.Overhead)/requests, poll.Messages, pubOverhead/requests),
		},
		{
			Figure: "polling, data", Published: "282 KiB", Measured: kib(poll.Data), Follows: follows(pubData, float64(poll.Data)),
			Why: fmt.Sprintf("30 polls of 9.6 kB; compressed, as browsers ask for, each would be %.1f kB", m.GzipBytes/1000),
		},
		{
			Figure: "polling, latency", Published: "about 5000 ms", Measured: millis(poll.LatencyP50),
			Follows: follows(pubPolling, poll.LatencyP50), Why: "half the interval, and the way there and back",
		},
		{
			Figure: "WebSocket", Published: "852 B",
			Measured: fmt.Sprintf("%.0f B opening, then %.0f B for %d changes; %.0f B if each is the whole state",
				float64(deltas.Opening), change, m.Changes, float64(whole.Total())),
			Follows: follows(pubSocket, float64(deltas.Opening)+change),
			Why:     "only when the state itself is not sent, not even once: the first one alone is 9.6 kB. So it is a figure of deltas",
		},
		{
			Figure: "WebSocket, latency", Published: "about 200 ms", Measured: millis(deltas.LatencyP50),
			Follows: follows(pubPush, deltas.LatencyP50),
			Why:     "it is the network's delay in one direction, and says nothing of the channel: 200 ms is a network, as our 25 ms is",
		},
		{
			Figure: "WebSocket with deltas", Published: "426 B", Measured: fmt.Sprintf("%.0f B without opening and first state", change),
			Follows: follows(pubDeltas, change),
			Why: fmt.Sprintf("%d changes of 10 B, each in a frame with 2 B of header. Half of the 852 B, which are no whole states: "+
				"those would be %.0f KiB. The two do not follow from each other", m.Changes, float64(whole.Data)/1024),
		},
		{
			Figure: "80 times less", Published: "80x", Measured: fmt.Sprintf("%.0fx", less), Follows: follows(pubLess, less),
			Why: fmt.Sprintf("68 KiB by 852 B is %.0f, so theirs follows from theirs; but one side is overhead alone and the other everything. "+
				"Ours is overhead by overhead, handshake included", pubOverhead/pubSocket),
		},
		{
			Figure: "3200 times less", Published: "3,200x", Measured: fmt.Sprintf("%.0fx all bytes; %.0fx a poll's data by the changes alone", least, payload),
			Follows: follows(pubLeast, max(least, payload)),
			Why:     fmt.Sprintf("no two of the published figures give it: all of polling by 426 B is %.0f", best),
		},
		{
			Figure: "REST, overhead per message", Published: "500-2 000 B", Measured: fmt.Sprintf("%.0f B", poll.PerMessage),
			Follows: within(poll.PerMessage, 500, 2000), Why: "HTTP/1.1 with a browser's headers and ours; HTTP/2 compresses repeated ones",
		},
		{
			Figure: "WebSocket, overhead per message", Published: "2-14 B", Measured: fmt.Sprintf("%.1f B", deltas.PerMessage),
			Follows: within(deltas.PerMessage, 2, 14), Why: "the header of a frame, RFC 6455; 4 B of it only from client to server",
		},
		{
			Figure: "SSE, overhead per message", Published: "about 50 B", Measured: fmt.Sprintf("%.0f B", events.PerMessage),
			Follows: follows(50, events.PerMessage), Why: "id, event, data and the chunk around them, comments that keep it open included",
		},
	}
}

func within(v, least, most float64) string {
	if v = math.Round(v*10) / 10; v >= least && v <= most {
		return "yes"
	}
	return "no"
}

func kib(n int64) string { return fmt.Sprintf("%.1f KiB", float64(n)/1024) }

func millis(v float64) string { return fmt.Sprintf("%.0f ms", v) }
