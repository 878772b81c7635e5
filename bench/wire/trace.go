package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// traceColumns must be in the first line, in any order; further columns are ignored.
var traceColumns = []string{"tick", "entity", "x", "y", "yaw"}

// readTrace reads recorded movement, one line per tick and live entity, ticks ascending: CSV, plain or gzip. tick and entity
// are whole numbers, yaw is in radians. A tick that nobody is in does not exist; ticks are shown one after the other.
func readTrace(r io.Reader, step float64) (*workload, error) {
	in := bufio.NewReader(r)
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		in = bufio.NewReader(z)
	}
	lines := csv.NewReader(in)
	lines.ReuseRecord = true
	t, err := newTraceReader(lines, step)
	if err != nil {
		return nil, err
	}
	for {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = t.line(record)
		}
		if err != nil {
			at, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", at, err)
		}
	}
	if err := t.endTick(); err != nil {
		return nil, err
	}
	if len(t.w.ticks) < 2 {
		return nil, fmt.Errorf("%d ticks: at least 2 are needed for a delta", len(t.w.ticks))
	}
	return t.w, nil
}

type traceReader struct {
	w       *workload
	slots   *slots
	columns [5]int // of traceColumns
	now     tick
}

func newTraceReader(lines *csv.Reader, step float64) (*traceReader, error) {
	head, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("first line: %w", err)
	}
	position := schema.Field{Kind: schema.Fixed, Bits: 32, Lo: math.MinInt32, Hi: math.MaxInt32, Lerp: true, Step: step}
	t := &traceReader{w: newWorkload("trace", 1, pose(position)), slots: newSlots()}
	for i, name := range traceColumns {
		if t.columns[i] = slices.Index(head, name); t.columns[i] < 0 {
			return nil, fmt.Errorf("no column %q in the first line %q; needed are %q", name, head, traceColumns)
		}
	}
	return t, nil
}

func (t *traceReader) line(record []string) error {
	number, err := strconv.ParseInt(record[t.columns[0]], 10, 64)
	if err != nil {
		return fmt.Errorf("tick: %w", err)
	}
	entity, err := strconv.ParseInt(record[t.columns[1]], 10, 64)
	if err != nil {
		return fmt.Errorf("entity: %w", err)
	}
	r := row{entity: entity}
	fs := t.w.fields()
	for i := range fs {
		v, err := strconv.ParseFloat(record[t.columns[2+i]], 64)
		if err == nil && !(math.Abs(v/fs[i].Step) < math.MaxInt32) {
			err = fmt.Errorf("%v does not fit 32 bits in steps of %v: give a larger --step", v, fs[i].Step)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", fs[i].Name, err)
		}
		r.words = append(r.words, quantise(&fs[i], v))
	}
	if number != t.now.number || len(t.now.rows) == 0 {
		if len(t.now.rows) > 0 && number < t.now.number {
			return fmt.Errorf("tick %d after tick %d: sort the lines by tick", number, t.now.number)
		}
		if err := t.endTick(); err != nil {
			return err
		}
		t.now = tick{number: number}
	}
	t.now.rows = append(t.now.rows, r)
	return nil
}

func (t *traceReader) endTick() error {
	if len(t.now.rows) == 0 {
		return nil
	}
	if err := t.slots.place(t.now.rows); err != nil {
		return fmt.Errorf("tick %d: %w", t.now.number, err)
	}
	t.w.ticks = append(t.w.ticks, t.now)
	return nil
}
