package client

import (
	"fmt"
	"math"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Input is the input that the next tick is labelled with, one word per field of Schema.Input, for the caller to change. It
// stays until it is changed. Valid from HELLO on; empty for a spectator.
func (c *Core) Input() []uint32 { return c.input }

// Call queues a call of the game, one value per field: words for numbers, texts for strings in their order. The answer comes to
// OnReply with the id returned.
func (c *Core) Call(name string, words []uint32, texts ...string) (id uint32, err error) {
	if c.State == nil {
		return 0, fmt.Errorf("client: call %s before HELLO", name)
	}
	for method := range c.Schema.Calls {
		rec := &c.Schema.Calls[method]
		if rec.Name != name {
			continue
		}
		if len(words)+len(texts) != len(rec.Fields) {
			return 0, fmt.Errorf("client: call %s takes %d values", name, len(rec.Fields))
		}
		args := msg.AppendArrayLen(nil, len(rec.Fields))
		for i := range rec.Fields {
			f := &rec.Fields[i]
			if f.Kind == schema.Str {
				args, texts = msg.AppendString(args, texts[0]), texts[1:]
			} else {
				args, words = f.AppendValue(args, words[0]), words[1:]
			}
		}
		c.callID++
		c.calls = msg.AppendCall(c.calls, msg.Call{ID: c.callID, Method: uint32(method), Args: args})
		c.callEnds = append(c.callEnds, len(c.calls))
		return c.callID, nil
	}
	return 0, fmt.Errorf("client: the game has no call %q", name)
}

// Outgoing hands every message that is due at now to send, which must not keep it: JOIN first, then one input per tick,
// acknowledgements, pings and calls. Call it about once per tick or more often.
func (c *Core) Outgoing(now time.Time, send func([]byte)) {
	if !c.joined {
		c.joined = true
		c.epoch = now
		c.buf = c.appendJoin(c.buf[:0])
		send(c.buf)
	}
	if c.State == nil {
		return
	}
	c.sendInput(now, send)
	if now.Sub(c.pingAt) >= pingEvery {
		c.pingAt, c.pinged = now, now.Sub(c.epoch).Truncate(time.Microsecond)
		c.buf = msg.AppendPing(c.buf[:0], msg.Ping{T0: uint64(c.pinged.Microseconds())})
		send(c.buf)
	}
	if n := c.eventSeq - c.eventAck; n >= eventAckCount || n > 0 && now.Sub(c.eventAckAt) >= eventAckEvery {
		c.eventAck, c.eventAckAt = c.eventSeq, now
		c.buf = msg.AppendEventAck(c.buf[:0], msg.EventAck{Seq: c.eventSeq})
		send(c.buf)
	}
	start := 0
	for _, end := range c.callEnds {
		send(c.calls[start:end])
		start = end
	}
	c.calls, c.callEnds = c.calls[:0], c.callEnds[:0]
}

func (c *Core) appendJoin(dst []byte) []byte {
	j := msg.Join{Protocol: msg.Version, Codecs: c.codecs()}
	if c.opt.Check {
		j.Options = msg.OptionCheck
	}
	if s := c.known(); s != nil {
		_, hash, input := s.Encode()
		j.SchemaHash, j.InputHash = hash[:], input[:]
	}
	if c.resumed {
		j.HasLastEvent, j.LastEvent = true, c.eventSeq
	}
	return msg.AppendJoin(dst, j)
}

// sendInput sends the inputs of the ticks that have begun on the client's clock since the last ones, or an acknowledgement when
// there are none, and while the server is silent.
func (c *Core) sendInput(now time.Time, send func([]byte)) {
	tick, ok := c.Clock.Tick(now)
	label := uint32(min(max(tick, 0), math.MaxUint32-1)) + 1
	if ok && len(c.input) > 0 && label > c.label && now.Sub(c.heard) <= silence {
		first := c.label + 1
		if c.label == 0 || label-c.label > msg.MaxInputs {
			first = label // the first one, or the clock has jumped, or this client was asleep: those ticks are gone
		}
		n := int(label-first) + 1
		c.inputs = msg.AppendArrayLen(c.inputs[:0], n)
		for l := first; l <= label; l++ {
			c.inputs = msg.AppendArrayLen(c.inputs, len(c.input))
			for i, w := range c.input {
				c.inputs = c.Schema.Input[i].AppendValue(c.inputs, w)
			}
			c.sent[l%uint32(len(c.sent))] = sentInput{l, now}
		}
		c.label = label
		c.Stats.InputsSent += uint64(n)
		c.sendAck(now, first, c.inputs, send)
		return
	}
	if now.Sub(c.ackAt) >= ackEvery {
		c.sendAck(now, label, nil, send)
	}
}

func (c *Core) sendAck(now time.Time, first uint32, inputs []byte, send func([]byte)) {
	c.ackAt = now
	ack := c.State.Tick()
	c.buf = msg.AppendInput(c.buf[:0], msg.Input{FirstTick: first, AckTick: ack, ViewTick: 16 * uint64(ack), Inputs: inputs})
	send(c.buf)
}
