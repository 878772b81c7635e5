package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// dump writes the messages of one codec for others to count and decode: DIR/CODEC.csv with the columns tick (as in the trace),
// live, bytes and message in hex, and DIR/schema.hex, the schema as HELLO would have carried it. nil writes nothing.
type dump struct {
	file *os.File
	out  *bufio.Writer
	hex  []byte
}

func newDump(dir, codec string, w *workload) (*dump, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	raw, _, _ := w.schema.Encode()
	if err := os.WriteFile(filepath.Join(dir, "schema.hex"), []byte(hex.EncodeToString(raw)+"\n"), 0o644); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(dir, codec+".csv"))
	if err != nil {
		return nil, err
	}
	d := &dump{file: f, out: bufio.NewWriter(f)}
	d.out.WriteString("tick,live,bytes,message\n")
	return d, nil
}

// add writes one message; errors are kept by the buffer until close.
func (d *dump) add(t tick, message []byte) {
	if d == nil {
		return
	}
	d.hex = hex.AppendEncode(d.hex[:0], message)
	fmt.Fprintf(d.out, "%d,%d,%d,%s\n", t.number, len(t.rows), len(message), d.hex)
}

func (d *dump) close() error {
	if d == nil {
		return nil
	}
	return errors.Join(d.out.Flush(), d.file.Close())
}
