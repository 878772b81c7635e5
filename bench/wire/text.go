package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// jsonLink sends the whole state as JSON, as servers without deltas do: an object per entity with its id, numbers with two
// decimals, or as many as the quantised value needs to survive.
type jsonLink struct {
	w        *workload
	decimals []int // by field
}

func newJSONLink(w *workload) *jsonLink {
	l := &jsonLink{w: w}
	for _, f := range w.fields() {
		n := 0
		if f.Kind == schema.Fixed {
			n = 2
			for unit := 0.01; unit >= f.Step; unit /= 10 {
				n++
			}
		}
		l.decimals = append(l.decimals, n)
	}
	return l
}

func (l *jsonLink) fill(int) {}

func (l *jsonLink) append(dst []byte, i int) []byte {
	dst = append(dst, `{"tick":`...)
	dst = strconv.AppendInt(dst, l.w.ticks[i].number, 10)
	dst = append(dst, `,"entities":[`...)
	fs := l.w.fields()
	for n, r := range l.w.ticks[i].rows {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"id":`...)
		dst = strconv.AppendInt(dst, r.entity, 10)
		for j := range fs {
			dst = append(dst, `,"`...)
			dst = append(dst, fs[j].Name...)
			dst = append(dst, `":`...)
			dst = strconv.AppendFloat(dst, number(&fs[j], r.words[j]), 'f', l.decimals[j], 64)
		}
		dst = append(dst, '}')
	}
	return append(dst, `]}`...)
}

func (l *jsonLink) check(message []byte, i int) error {
	var got struct {
		Tick     int64                `json:"tick"`
		Entities []map[string]float64 `json:"entities"`
	}
	if err := json.Unmarshal(message, &got); err != nil {
		return err
	}
	want := l.w.ticks[i]
	if got.Tick != want.number || len(got.Entities) != len(want.rows) {
		return fmt.Errorf("decoded tick %d with %d entities, is %d with %d", got.Tick, len(got.Entities), want.number, len(want.rows))
	}
	fs := l.w.fields()
	for n, r := range want.rows {
		var words []uint32
		for j := range fs {
			v := got.Entities[n][fs[j].Name]
			if fs[j].Kind != schema.Fixed {
				words = append(words, uint32(v))
				continue
			}
			words = append(words, quantise(&fs[j], v))
		}
		if int64(got.Entities[n]["id"]) != r.entity || !slices.Equal(words, r.words) {
			return fmt.Errorf("entity %d: decoded as %v, is %v", r.entity, words, r.words)
		}
	}
	return nil
}
