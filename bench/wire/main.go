// Command wire measures what snapshots cost: bytes, time and allocations per entity, for both codecs of the protocol and for
// JSON, on recorded or generated movement.
//
//	go run ./bench/wire --trace FILE --step 0.25 --json -
//	go run ./bench/wire --synthetic arena100
//
// One client sees every entity and is sent one snapshot per tick of the trace, each against the one before, by the code that a
// room runs: snapshot.Encoder behind msg's headers. Every message is decoded again and held against the quantised input; a
// difference ends the run. It is run by hand and by the benchmark report, and imports netcode only: no game, no lobby, no socket.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

// config is the command line.
type config struct {
	trace     string
	synthetic string
	step      float64
	snapshots int
	json      string
	dump      string
}

func (c config) validate() error {
	switch {
	case (c.trace == "") == (c.synthetic == ""):
		return errors.New("give either --trace FILE or --synthetic arena100")
	case c.synthetic != "" && c.synthetic != "arena100":
		return fmt.Errorf("--synthetic %s: only arena100 is known", c.synthetic)
	case !(c.step > 0 && c.step <= 1<<20):
		return fmt.Errorf("--step %v: give the size of one step of x and y in units of the trace, such as 0.25", c.step)
	case c.snapshots < 2:
		return fmt.Errorf("--snapshots %d: at least 2 are needed for a delta", c.snapshots)
	}
	return nil
}

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "wire:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	var c config
	flags := flag.NewFlagSet("wire", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.trace, "trace", "", "recorded movement: CSV, plain or gzip, with the columns tick, entity, x, y, yaw (radians)")
	flags.StringVar(&c.synthetic, "synthetic", "", "generated movement instead: arena100, 50 players who turn at random and 50 that fly straight")
	flags.Float64Var(&c.step, "step", 0.25, "of x and y in a trace, in its units; yaw has 10 bits")
	flags.IntVar(&c.snapshots, "snapshots", 6000, "of generated movement")
	flags.StringVar(&c.json, "json", "", "write the figures as JSON to this file, - for standard output; empty: a table")
	flags.StringVar(&c.dump, "dump", "", "write every message, with its tick and number of live entities, into this folder")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := c.validate(); err != nil {
		return err
	}
	w, err := c.workload()
	if err != nil {
		return err
	}
	r, err := measure(w, c.dump)
	if err != nil {
		return err
	}
	switch c.json {
	case "":
		return printTable(stdout, r)
	case "-":
		return printJSON(stdout, r)
	}
	f, err := os.Create(c.json)
	if err != nil {
		return err
	}
	return errors.Join(printJSON(f, r), f.Close())
}

func (c config) workload() (*workload, error) {
	if c.synthetic != "" {
		return arena100(c.snapshots), nil
	}
	f, err := os.Open(c.trace)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w, err := readTrace(f, c.step)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.trace, err)
	}
	return w, nil
}

func printJSON(out io.Writer, r report) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func printTable(out io.Writer, r report) error {
	fmt.Fprintf(out, "%d snapshots of %.2f live entities on average\n\n", r.Snapshots, r.LiveEntities)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "codec\tbytes/entity\tbytes/snapshot\tns/entity\tallocs/tick\t")
	for _, name := range codecNames {
		c := r.Codecs[name]
		fmt.Fprintf(t, "%s\t%.2f\t%.1f\t%.0f\t%.3f\t\n", name, c.BytesPerEntity, c.BytesPerSnapshot, c.NsPerEntity, c.AllocsPerTick)
	}
	return t.Flush()
}
