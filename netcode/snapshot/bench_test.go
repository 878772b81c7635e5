package snapshot

import (
	"fmt"
	"testing"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

var codecName = [...]string{Plain: "plain", Packed: "packed"}

// moving is a world of n rows with x, y and an angle, of which a share turns each tick; all fly straight on otherwise.
func moving(n, turning int) (*History, func()) {
	s := &schema.Schema{Tables: []schema.Table{{Record: schema.Record{Name: "ship", Fields: []schema.Field{
		{Name: "x", Kind: schema.Fixed, Bits: 32, Lo: -1 << 31, Hi: 1<<31 - 1, Lerp: true, Step: 1.0 / 16},
		{Name: "y", Kind: schema.Fixed, Bits: 32, Lo: -1 << 31, Hi: 1<<31 - 1, Lerp: true, Step: 1.0 / 16},
		{Name: "angle", Kind: schema.Fixed, Bits: 10, Hi: 1023, Lerp: true, Wrap: true, Step: 0.006},
		{Name: "hp", Kind: schema.Uint, Bits: 8, Hi: 255},
	}}}}}
	h := NewHistory(s, 32)
	tick := uint32(0)
	return h, func() {
		tick++
		h.Begin(tick)
		for i := range uint32(n) {
			row := h.Put(0, uint16(i), 1)
			turn := uint32(0)
			if int(i*7919%100) < turning {
				turn = (tick + i) % 5
			}
			row[0], row[1], row[2], row[3] = tick*160+turn*3, i*500+tick*90+turn*2, (i*37+turn*9)&1023, 100
		}
	}
}

// BenchmarkFirst is the cost of a tick's first client: every record is made for it.
func BenchmarkFirst(b *testing.B) {
	for _, n := range []int{100, 1000} {
		for i, turning := range []int{0, 10, 100, 0, 10, 100} {
			codec := Codec(i / 3)
			b.Run(fmt.Sprintf("codec=%s/entities=%d/turning=%d%%", codecName[codec], n, turning), func(b *testing.B) {
				h, step := moving(n, turning)
				var e Encoder
				var v View
				var buf []byte
				bytes := 0
				for range 4 {
					step()
					buf = e.AppendBody(buf[:0], h, &v, Options{Codec: codec, Full: v.NeedsFull(h)})
					v.Commit()
				}
				b.ReportAllocs()
				for b.Loop() {
					b.StopTimer()
					step()
					b.StartTimer()
					buf = e.AppendBody(buf[:0], h, &v, Options{Codec: codec})
					v.Commit()
					bytes += len(buf)
				}
				b.ReportMetric(float64(bytes)/float64(b.N), "bytes/op")
			})
		}
	}
}

// BenchmarkDelta is the cost of one more client that is in step with others: it sees 50 of 1000, or all of 100.
func BenchmarkDelta(b *testing.B) {
	some := [][]uint16{nil}
	for i := range uint16(50) {
		some[0] = append(some[0], 100+i*3)
	}
	for _, c := range []struct {
		name     string
		entities int
		visible  [][]uint16
	}{{"entities=1000/visible=50", 1000, some}, {"entities=100/visible=all", 100, nil}} {
		for _, codec := range []Codec{Plain, Packed} {
			b.Run(fmt.Sprintf("codec=%s/%s", codecName[codec], c.name), func(b *testing.B) {
				h, step := moving(c.entities, 100)
				var e Encoder
				var v View
				var buf []byte
				for range 4 {
					step()
					buf = e.AppendBody(buf[:0], h, &v, Options{Codec: codec, Full: v.NeedsFull(h), Visible: c.visible})
					v.Commit()
				}
				step()
				b.ReportAllocs()
				for b.Loop() {
					buf = e.AppendBody(buf[:0], h, &v, Options{Codec: codec, Visible: c.visible})
				}
			})
		}
	}
}

// BenchmarkOwned is the cost of one more client in step that sees up to 64 rows with fields for their owners, and owns a
// quarter of them.
func BenchmarkOwned(b *testing.B) {
	for _, codec := range []Codec{Plain, Packed} {
		b.Run(fmt.Sprintf("codec=%s/rows=64", codecName[codec]), func(b *testing.B) {
			w := newWorld(9, testSchema(), 64)
			for range 20 {
				w.tick()
			}
			var e Encoder
			var v View
			var buf []byte
			encode := func() {
				buf = e.AppendBody(buf[:0], w.h, &v, Options{Codec: codec, Full: v.NeedsFull(w.h), Player: 1})
			}
			encode()
			v.Commit()
			w.tick()
			b.ReportAllocs()
			for b.Loop() {
				encode()
			}
		})
	}
}

// BenchmarkRooms is the cost of a client in a server of 20 rooms with 50 clients and 150 rows each, tick after tick: what of it a
// benchmark of one client leaves out is that memory must be fetched, for the others have used the caches in between.
func BenchmarkRooms(b *testing.B) {
	const rooms, clients, rows = 20, 50, 150
	for _, codec := range []Codec{Plain, Packed} {
		b.Run(fmt.Sprintf("codec=%s", codecName[codec]), func(b *testing.B) {
			type room struct {
				e     Encoder
				h     *History
				step  func()
				views [clients]View
			}
			var all [rooms]room
			var buf []byte
			tick := func(r *room) {
				r.step()
				for i := range r.views {
					v := &r.views[i]
					buf = r.e.AppendBody(buf[:0], r.h, v, Options{Codec: codec, Full: v.NeedsFull(r.h)})
					v.Commit()
				}
			}
			for i := range all {
				r := &all[i]
				r.h, r.step = moving(rows, 100)
				for range 4 {
					tick(r)
				}
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				tick(&all[i%rooms])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*clients), "ns/client")
		})
	}
}

// BenchmarkLimited is the cost of a client that is told only some of 100 rows, one of 50 who all hold different states.
func BenchmarkLimited(b *testing.B) {
	for _, codec := range []Codec{Plain, Packed} {
		for _, percent := range []int{25, 50, 90} {
			b.Run(fmt.Sprintf("codec=%s/told=%d%%", codecName[codec], percent), func(b *testing.B) {
				r, bytes := newSlowRoom(codec, percent), 0
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					next := i % len(r.views)
					if next == 0 {
						b.StopTimer()
						r.step()
						b.StartTimer()
					}
					r.tell(next)
					bytes += len(r.buf)
				}
				b.ReportMetric(float64(bytes)/float64(b.N), "bytes/op")
			})
		}
	}
}
