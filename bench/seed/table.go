package seed

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes the report for people.
func (r Report) Print(out io.Writer) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%.0f s, round trip %.0f ms, bytes on the sockets without TCP and IP\n", r.Seconds, r.RTT)
	for _, w := range r.Workloads {
		fmt.Fprintf(t, "\n%s: %s; %d changes, state %.0f B (%.0f B with gzip), a change %.0f B\n",
			w.Name, w.What, w.Changes, w.StateBytes, w.GzipBytes, w.DeltaBytes)
		fmt.Fprintln(t, "channel\tup B\tdown B\tof it data\toverhead B\tmessages\toverhead each\tlatency p50")
		for _, f := range w.Channels {
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%.1f B\t%.0f ms\n",
				f.Channel, f.Up, f.Down, f.Data, f.Overhead, f.Messages, f.PerMessage, f.LatencyP50)
		}
	}
	fmt.Fprintln(t, "\npublished figure\tas published\tmeasured (score)\tfollows\twhy")
	for _, c := range r.Published {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", c.Figure, c.Published, c.Measured, c.Follows, c.Why)
	}
	return t.Flush()
}
