package msg

import (
	"bytes"
	"testing"
)

// TestHelloMatchesPrimitives and its neighbours hold the messages that the library encodes to our own encoding of them.
func TestHelloMatchesPrimitives(t *testing.T) {
	f := func(m Hello) {
		t.Helper()
		want := appendHead(nil, TypeHello, 10+min(len(m.Assets), 1))
		want = AppendUint(want, m.Protocol)
		want = AppendUint(want, uint64(m.Codec))
		want = AppendBin(want, m.SchemaHash[:])
		if m.Schema == nil {
			want = AppendNil(want)
		} else {
			want = append(want, m.Schema...)
		}
		want = AppendUint(want, uint64(m.Player))
		want = AppendUint(want, uint64(m.TickRate))
		want = AppendUint(want, uint64(m.Tick))
		want = AppendUint(want, m.Time)
		want = appendStringOrNil(want, m.ResumeSeat)
		if len(m.Assets) > 0 {
			want = AppendArrayLen(want, len(m.Assets))
		}
		for _, a := range m.Assets {
			want = AppendUint(AppendBin(AppendString(AppendArrayLen(want, 3), a.Name), a.Hash[:]), uint64(a.Size))
		}
		if got := NewEncoder().AppendHello(nil, m); !bytes.Equal(got, want) {
			t.Errorf("%+v:\n got % x\nwant % x", m, got, want)
		}
	}
	for _, s := range samples() {
		if m, ok := s.m.(Hello); ok {
			f(m)
		}
	}
}

func TestReplyMatchesPrimitives(t *testing.T) {
	f := func(m Reply, value []byte) {
		t.Helper()
		want := append(AppendUint(AppendUint(appendHead(nil, TypeReply, 4), uint64(m.ID)), uint64(m.Status)), value...)
		if got := NewEncoder().AppendReply(nil, m); !bytes.Equal(got, want) {
			t.Errorf("%+v:\n got % x\nwant % x", m, got, want)
		}
	}
	f(Reply{ID: 1}, null())
	f(Reply{ID: 70000, Status: StatusRefused, Reason: "no"}, str("no"))
	f(Reply{ID: 1<<32 - 1, Status: StatusBadArgs}, str(""))
}

func TestEventMatchesPrimitives(t *testing.T) {
	for _, n := range []int{0, 1, 13, 14, 200} {
		e := NewEncoder()
		e.BeginEvent(EventHead{Event: 300, Tick16: 40000, Args: n})
		want := AppendUint(AppendUint(AppendArrayLen(nil, 2+n), 300), 40000)
		for i := range n {
			e.Int(int64(-i))
			want = AppendInt(want, int64(-i))
		}
		if !bytes.Equal(e.Bytes(), want) {
			t.Errorf("%d values:\n got % x\nwant % x", n, e.Bytes(), want)
		}
	}
}

func TestEncoderAppendsBehindWhatIsThere(t *testing.T) {
	e := NewEncoder()
	e.Reset([]byte("head"))
	e.Uint(5)
	first := e.Bytes()
	e.Reset(nil)
	e.Uint(6)
	if string(first) != "head\x05" || string(e.Bytes()) != "\x06" {
		t.Errorf("%q, %q", first, e.Bytes())
	}
}
