package msg

import (
	"math"
	"testing"
)

func BenchmarkAppendInt(b *testing.B) {
	buf := make([]byte, 0, 64)
	for b.Loop() {
		buf = AppendInt(AppendInt(AppendInt(buf[:0], 5), -200), 70000)
	}
}

func BenchmarkReaderInt(b *testing.B) {
	raw := ints(5, -200, 70000)
	for b.Loop() {
		r := NewReader(raw)
		for range r.ArrayLen(3) {
			r.Int(math.MinInt32, math.MaxInt32)
		}
		if r.Done() != nil {
			b.Fatal(r.Err())
		}
	}
}

func BenchmarkReadInput(b *testing.B) {
	inputs := array(ints(-1, 1, 0), ints(-1, 1, 1))
	raw := AppendInput(nil, Input{FirstTick: 70000, AckTick: 69990, ViewTick: 16 * 69990, Inputs: inputs})
	for b.Loop() {
		if _, err := ReadInput(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendDeltaHeader(b *testing.B) {
	buf := make([]byte, 0, 64)
	d := Delta{Tick: 70000, Lag: 1, HasAck: true, Ack: 1, HasPace: true, Pace: 20}
	for b.Loop() {
		buf = AppendDeltaHeader(buf[:0], d, false)
	}
}
