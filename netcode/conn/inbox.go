package conn

import "time"

// keepBytes is how large a buffer of an inbox may be to stay. The usual inputs of a tick take a tenth of it, so that a connection
// at its usual rate allocates nothing; what a burst has grown must not stay with every connection it changes places with.
const keepBytes = 4096

// inbox holds what a reader has taken from a socket until Poll passes it on.
type inbox struct {
	bytes    []byte // the messages, one behind the other
	messages []arrival
	frames   int // all frames since the last Poll, those too that left no message
}

// arrival is one message of an inbox.
type arrival struct {
	end int // where the message ends in bytes; it begins where the one before ends
	at  time.Time
}

func (in *inbox) put(data []byte, at time.Time) {
	in.bytes = append(in.bytes, data...)
	in.messages = append(in.messages, arrival{end: len(in.bytes), at: at})
}

func (in *inbox) reset() {
	if cap(in.bytes) > keepBytes {
		in.bytes = nil
	}
	in.bytes, in.messages, in.frames = in.bytes[:0], in.messages[:0], 0
}

// report tells h of the messages of a connection, until one of them makes h dismiss it.
func (in *inbox) report(h Handler, id ID, dismissed *bool) {
	start := 0
	for _, m := range in.messages {
		if *dismissed {
			return
		}
		h.Message(id, m.at, in.bytes[start:m.end:m.end])
		start = m.end
	}
}
