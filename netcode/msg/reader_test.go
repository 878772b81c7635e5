package msg

import (
	"bytes"
	"errors"
	"math"
	"testing"
)

func TestReaderRefuses(t *testing.T) {
	f := func(name string, read func(r *Reader), want error, b ...byte) {
		t.Helper()
		r := NewReader(b)
		read(&r)
		if r.Err() != want {
			t.Errorf("%s of % x: %v, want %v", name, b, r.Err(), want)
		}
		if r.Left() != 0 {
			t.Errorf("%s of % x: %d bytes left after an error", name, b, r.Left())
		}
		if err := r.Done(); err != want {
			t.Errorf("%s of % x: Done gives %v", name, b, err)
		}
	}
	u8 := func(r *Reader) { r.Uint(255) }
	f("uint", u8, ErrTruncated)
	f("uint", u8, ErrTruncated, 0xcc)
	f("uint", u8, ErrTruncated, 0xcd, 1)
	f("uint", u8, ErrTruncated, 0xcf, 0, 0, 0, 0, 0, 0, 0)
	f("uint", u8, ErrRange, 0xff)
	f("uint", u8, ErrRange, 0xd0, 0x80)
	f("uint", u8, ErrRange, 0xcd, 1, 0)
	f("uint", u8, ErrType, 0xc0)
	f("uint", u8, ErrType, 0xc3)
	f("uint", u8, ErrType, 0xca, 0, 0, 0, 0)
	i8 := func(r *Reader) { r.Int(-5, 5) }
	f("int", i8, ErrTruncated, 0xd3, 1)
	f("int", i8, ErrRange, 6)
	f("int", i8, ErrRange, 0xfa)
	f("int", i8, ErrRange, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	f("int", i8, ErrType, 0xa0)
	all := func(r *Reader) { r.Int(math.MinInt64, math.MaxInt64) }
	f("int", all, ErrRange, 0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0)
	f("bool", func(r *Reader) { r.Bool() }, ErrType, 1)
	f("bool", func(r *Reader) { r.Bool() }, ErrTruncated)
	f32 := func(r *Reader) { r.Float32() }
	f("float32", f32, ErrTruncated, 0xca, 0, 0, 0)
	f("float32", f32, ErrType, 1)
	f("float32", f32, ErrType, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0)
	f("float32", f32, ErrRange, 0xca, 0x7f, 0xc0, 0, 0)
	f("float32", f32, ErrRange, 0xca, 0x7f, 0x80, 0, 0)
	f("float32", f32, ErrRange, 0xca, 0xff, 0x80, 0, 0)
	f64 := func(r *Reader) { r.Float64() }
	f("float64", f64, ErrTruncated, 0xcb, 0, 0, 0, 0, 0, 0, 0)
	f("float64", f64, ErrType, 0)
	f("float64", f64, ErrRange, 0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0)
	f("float64", f64, ErrRange, 0xcb, 0xff, 0xf0, 0, 0, 0, 0, 0, 0)
	f("float64", f64, ErrRange, 0xca, 0x7f, 0x80, 0, 0)
	s2 := func(r *Reader) { r.StringBytes(2) }
	f("str", s2, ErrTruncated, 0xa1)
	f("str", s2, ErrTruncated, 0xa9, 'a', 'b', 'c')
	f("str", s2, ErrTruncated, 0xdb, 0, 0)
	f("str", s2, ErrTruncated, 0xdb, 0xff, 0xff, 0xff, 0xff)
	f("str", s2, ErrLength, 0xa3, 'a', 'b', 'c')
	f("str", s2, ErrUTF8, 0xa2, 'a', 0xff)
	f("str", s2, ErrUTF8, 0xa1, 0xe2)
	f("str", s2, ErrType, 0xc4, 0)
	b2 := func(r *Reader) { r.Bin(2) }
	f("bin", b2, ErrTruncated, 0xc4)
	f("bin", b2, ErrTruncated, 0xc6, 0xff, 0xff, 0xff, 0xff)
	f("bin", b2, ErrLength, 0xc4, 3, 1, 2, 3)
	f("bin", b2, ErrType, 0xa0)
	a2 := func(r *Reader) { r.ArrayLen(2) }
	f("array", a2, ErrTruncated, 0xdd, 0xff, 0xff, 0xff, 0xff)
	f("array", a2, ErrTruncated, 0xdc, 0, 3, 1, 2)
	f("array", a2, ErrTruncated, 0x91)
	f("array", a2, ErrLength, 0x93, 1, 2, 3)
	f("array", a2, ErrType, 0x80)
	f("exact array", func(r *Reader) { r.ExactArray(2) }, ErrLength, 0x91, 1)
	f("exact array", func(r *Reader) { r.ExactArray(2) }, ErrLength, 0x93, 1, 2, 3)
	m2 := func(r *Reader) { r.MapLen(2) }
	f("map", m2, ErrTruncated, 0xdf, 0xff, 0xff, 0xff, 0xff)
	f("map", m2, ErrTruncated, 0xde, 0, 2, 1, 2, 3)
	f("map", m2, ErrLength, 0x83, 1, 1, 2, 2, 3, 3)
	f("map", m2, ErrType, 0x90)
	skip := func(r *Reader) { r.Skip() }
	f("skip", skip, ErrTruncated)
	f("skip", skip, ErrTruncated, 0xdd, 0xff, 0xff, 0xff, 0xff)
	f("skip", skip, ErrTruncated, 0x92, 1)
	f("skip", skip, ErrTruncated, 0x92, 0x91, 1)
	f("skip", skip, ErrType, 0xc1)
	f("skip", skip, ErrUTF8, 0xa1, 0xff)
	f("skip", skip, ErrRange, 0xca, 0x7f, 0x80, 0, 0)
	for _, ext := range []byte{0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8} {
		f("ext", skip, ErrType, ext, 0, 0, 0, 0, 0, 0, 0, 0)
	}
}

func TestReaderErrorSticks(t *testing.T) {
	r := NewReader([]byte{0xc0, 1, 2, 0xa1, 'x', 0x91, 1})
	r.Uint(9)
	if r.Err() != ErrType {
		t.Fatal(r.Err())
	}
	start := r
	zero := r.Uint(9) == 0 && r.Int(-9, 9) == 0 && !r.Bool() && r.Float32() == 0 && r.Float64() == 0 &&
		len(r.StringBytes(9)) == 0 && r.String(9) == "" && r.Bin(9) == nil && r.ArrayLen(9) == 0 && r.MapLen(9) == 0 &&
		!r.TryNil() && r.Raw() == nil
	r.Skip()
	r.ExactArray(1)
	r.Fail(errors.New("later"))
	if !zero || r.Err() != ErrType || r.Done() != ErrType || r.off != start.off {
		t.Errorf("after an error: zero values %v, error %v", zero, r.Err())
	}
}

func TestReaderFailStopsReading(t *testing.T) {
	own := errors.New("own")
	r := NewReader([]byte{1, 2})
	r.Uint(9)
	r.Fail(own)
	if v := r.Uint(9); v != 0 || r.Err() != own || r.Done() != own {
		t.Errorf("read %d after Fail, error %v", v, r.Err())
	}
}

func TestReaderTryNilConsumesOnlyNil(t *testing.T) {
	r := NewReader([]byte{0xc0, 5})
	if !r.TryNil() || r.TryNil() || r.Uint(5) != 5 || r.TryNil() || r.Done() != nil {
		t.Errorf("left %d, error %v", r.Left(), r.Err())
	}
}

func TestReaderResultCannotGrowIntoTheBuffer(t *testing.T) {
	b := []byte{0xc4, 1, 'a', 0xa1, 'b', 0x91, 7, 9}
	want := bytes.Clone(b)
	r := NewReader(b)
	for _, got := range [][]byte{r.Bin(1), r.StringBytes(1), r.Raw()} {
		_ = append(got, 0xee)
		if !bytes.Equal(b, want) {
			t.Fatalf("appending to %q changed the buffer to % x", got, b)
		}
	}
}

func TestReaderTakesAnyWidth(t *testing.T) {
	f := func(want int64, b ...byte) {
		t.Helper()
		r := NewReader(b)
		if got := r.Int(math.MinInt64, math.MaxInt64); got != want || r.Done() != nil {
			t.Errorf("int of % x: %d, %v, want %d", b, got, r.Err(), want)
		}
		r = NewReader(b)
		if got := r.Uint(math.MaxUint64); want >= 0 && (got != uint64(want) || r.Done() != nil) {
			t.Errorf("uint of % x: %d, %v, want %d", b, got, r.Err(), want)
		}
	}
	f(5, 5)
	f(5, 0xcc, 5)
	f(5, 0xcd, 0, 5)
	f(5, 0xce, 0, 0, 0, 5)
	f(5, 0xcf, 0, 0, 0, 0, 0, 0, 0, 5)
	f(5, 0xd0, 5)
	f(5, 0xd1, 0, 5)
	f(5, 0xd2, 0, 0, 0, 5)
	f(5, 0xd3, 0, 0, 0, 0, 0, 0, 0, 5)
	f(-1, 0xff)
	f(-1, 0xd0, 0xff)
	f(-1, 0xd1, 0xff, 0xff)
	f(-1, 0xd2, 0xff, 0xff, 0xff, 0xff)
	f(-1, 0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	f(math.MaxInt64, 0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	f(math.MinInt64, 0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0)
}

func TestSkipDepth(t *testing.T) {
	f := func(depth int, want error) {
		t.Helper()
		b := make([]byte, 0, depth)
		for range depth {
			b = append(b, 0x91)
		}
		r := NewReader(append(b, 1))
		r.Skip()
		if err := r.Done(); err != want {
			t.Errorf("%d arrays around a value: %v, want %v", depth, err, want)
		}
	}
	f(0, nil)
	f(MaxDepth, nil)
	f(MaxDepth+1, ErrDepth)
	f(4095, ErrDepth)
}
