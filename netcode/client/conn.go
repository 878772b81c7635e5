package client

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/gobwas/ws"

	"github.com/skirmish-dev/skirmish/netcode"
)

// ConnOptions configure a Conn.
type ConnOptions struct {
	Options
	// NetDial opens the TCP connection; load tests choose source addresses with it. Zero means net.Dialer.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)
	// OnTick runs about twice per tick from HELLO on, before what is due is sent: set inputs and make calls there.
	OnTick func()
	// Tap sees each message of the server before it is read, and may change its bytes: tests break frames with it.
	Tap func([]byte)
}

// Conn is a Core on a WebSocket, driven by one goroutine: the one that calls Run.
type Conn struct {
	*Core
	opt  ConnOptions
	url  string
	nc   net.Conn
	in   []byte // read and not yet taken apart
	part []byte // fragments of a message
	open bool   // a fragmented message has begun
	out  []byte
}

// CloseError is how the connection ended: the server's close code, 1006 when there was none.
type CloseError struct {
	Code   uint16
	Reason string
}

// Error says both.
func (e *CloseError) Error() string {
	return fmt.Sprintf("client: closed with %d: %s", e.Code, e.Reason)
}

// MayReconnect reports whether another seat should be asked for.
func (e *CloseError) MayReconnect() bool { return netcode.MayReconnect(e.Code) }

// MayResume reports whether the player is seated still, for a while, so that Resume is worth trying.
func (e *CloseError) MayResume() bool { return netcode.MayResume(e.Code) }

// RefusedError is a handshake that the server answered with another status than 101.
type RefusedError struct {
	Status int // 401: the seat; 403: room or origin; 503: no place
}

// Error gives the status.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("client: the server refused the seat with status %d", e.Status)
}

// maxMessage bounds what a server may send in one message.
const maxMessage = 8 << 20

// Dial connects to a URL that the lobby gave. ctx bounds the handshake. The error is a *RefusedError or the network's.
func Dial(ctx context.Context, url string, opt ConnOptions) (*Conn, error) {
	c := &Conn{Core: NewCore(opt.Options), opt: opt, url: url}
	if err := c.dial(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// ErrNoSeat is what Resume returns when the server has given the client nothing to resume with.
var ErrNoSeat = errors.New("client: no resume seat: ask the lobby for a seat")

// Resume dials again as the same player, once Run has returned with an error: call Run again after it. ctx bounds the handshake.
// The error is ErrNoSeat or a *RefusedError (the player is gone: ask the lobby for a seat and Dial), or the network's, after which
// it can be tried again.
func (c *Conn) Resume(ctx context.Context) error {
	u, err := url.Parse(c.url)
	if err != nil {
		return fmt.Errorf("client: resume: %w", err)
	}
	seat, ok := c.Core.Resume()
	if !ok {
		return ErrNoSeat
	}
	u.RawQuery = url.Values{"seat": {seat}}.Encode()
	c.url = u.String()
	c.in, c.part, c.open = c.in[:0], c.part[:0], false
	return c.dial(ctx)
}

func (c *Conn) dial(ctx context.Context) error {
	d := ws.Dialer{Timeout: 10 * time.Second, NetDial: c.opt.NetDial}
	nc, br, _, err := d.Dial(ctx, c.url)
	if err != nil {
		var status ws.StatusError
		if errors.As(err, &status) {
			return &RefusedError{Status: int(status)}
		}
		return fmt.Errorf("client: dial: %w", err)
	}
	c.nc = nc
	if br != nil { // the server's first bytes came with the handshake
		early, err := br.Peek(br.Buffered())
		if err != nil {
			return errors.Join(fmt.Errorf("client: dial: %w", err), nc.Close())
		}
		c.in = append(c.in, early...)
		ws.PutReader(br)
	}
	return nil
}

// Run plays until the connection ends or ctx is done; then it leaves with 1000 and returns nil. The error wraps ErrProtocol or
// is a *CloseError, with the code of BYE or 1006 if the connection broke without a close frame.
func (c *Conn) Run(ctx context.Context) error {
	defer func() { _ = c.nc.Close() }() // whatever ended the play has been said
	err := c.play(ctx)
	var closed *CloseError
	switch {
	case err == nil:
		return c.close(closeNormal, "")
	case errors.Is(err, ErrProtocol):
		return errors.Join(err, c.close(netcode.CloseBadMessage, "message out of step"))
	case errors.As(err, &closed):
		return err
	case c.Bye != nil:
		return &CloseError{c.Bye.Code, err.Error()}
	}
	return &CloseError{closeLost, err.Error()}
}

const (
	closeNormal uint16 = 1000
	closeLost   uint16 = 1006 // never sent: it stands for a connection without a close frame
)

// play returns nil when ctx is done.
func (c *Conn) play(ctx context.Context) error {
	buf := make([]byte, 16<<10)
	next := time.Now()
	for ctx.Err() == nil {
		now := time.Now()
		if !now.Before(next) {
			if err := c.tick(now); err != nil {
				return err
			}
			next = now.Add(c.interval())
		}
		if err := c.drain(now); err != nil {
			return err
		}
		if err := c.nc.SetReadDeadline(next); err != nil {
			return fmt.Errorf("client: %w", err)
		}
		n, err := c.nc.Read(buf)
		c.in = append(c.in, buf[:n]...)
		switch {
		case n > 0 || errors.Is(err, os.ErrDeadlineExceeded):
		default:
			return fmt.Errorf("client: read: %w", err)
		}
	}
	return nil
}

// interval is half a tick, or less so that acknowledgements leave in time: an input leaves at most that much after its tick has
// begun.
func (c *Conn) interval() time.Duration {
	if c.TickRate == 0 {
		return 20 * time.Millisecond
	}
	return min(time.Second/time.Duration(2*c.TickRate), ackEvery/4)
}

// tick sends what is due.
func (c *Conn) tick(now time.Time) error {
	if c.State != nil && c.opt.OnTick != nil {
		c.opt.OnTick()
	}
	c.out = c.out[:0]
	c.Outgoing(now, func(m []byte) { c.out = appendMasked(c.out, ws.OpBinary, m) })
	return c.write(c.out)
}

func (c *Conn) write(frames []byte) error {
	if len(frames) == 0 {
		return nil
	}
	if err := c.nc.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if _, err := c.nc.Write(frames); err != nil {
		return fmt.Errorf("client: write: %w", err)
	}
	return nil
}

// close says good-bye with code. What the server still says is not waited for.
func (c *Conn) close(code uint16, reason string) error {
	return c.write(appendMasked(c.out[:0], ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), reason)))
}

// drain handles the whole frames that have arrived.
func (c *Conn) drain(now time.Time) error {
	rest := c.in
	for {
		h, payload, after, ok, err := nextFrame(rest, c.open)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		rest = after
		if err := c.frame(now, h, payload); err != nil {
			return err
		}
	}
	c.in = append(c.in[:0], rest...)
	return nil
}

func (c *Conn) frame(now time.Time, h ws.Header, payload []byte) error {
	switch h.OpCode {
	case ws.OpPing:
		return c.write(appendMasked(c.out[:0], ws.OpPong, payload))
	case ws.OpPong:
		return nil
	case ws.OpClose:
		code, reason := ws.ParseCloseFrameData(payload)
		e := &CloseError{uint16(code), reason}
		if err := c.close(e.Code, ""); err != nil {
			return errors.Join(e, err)
		}
		return e
	case ws.OpBinary, ws.OpContinuation: // CheckHeader has seen to their order
		c.open = !h.Fin
		if !h.Fin || len(c.part) > 0 {
			if len(c.part)+len(payload) > maxMessage {
				return fmt.Errorf("%w: message too long", ErrProtocol)
			}
			c.part = append(c.part, payload...)
			if !h.Fin {
				return nil
			}
			payload = c.part
		}
		if c.opt.Tap != nil {
			c.opt.Tap(payload)
		}
		err := c.Receive(now, payload)
		c.part = c.part[:0]
		return err
	}
	return fmt.Errorf("%w: frame with opcode %d", ErrProtocol, h.OpCode)
}

// nextFrame takes one whole frame off b; ok is false when there is none yet. fragmented: a message has begun and not ended.
func nextFrame(b []byte, fragmented bool) (h ws.Header, payload, rest []byte, ok bool, err error) {
	if len(b) < 2 {
		return h, nil, b, false, nil
	}
	h = ws.Header{
		Fin: b[0]&0x80 != 0, Rsv: b[0] >> 4 & 7, OpCode: ws.OpCode(b[0] & 15),
		Masked: b[1]&0x80 != 0, Length: int64(b[1] & 0x7f),
	}
	head := 2
	switch {
	case h.Length == 126 && len(b) >= 4:
		h.Length, head = int64(binary.BigEndian.Uint16(b[2:])), 4
	case h.Length == 127 && len(b) >= 10:
		n := binary.BigEndian.Uint64(b[2:])
		if n > maxMessage {
			return h, nil, nil, false, fmt.Errorf("%w: frame of %d bytes", ErrProtocol, n)
		}
		h.Length, head = int64(n), 10
	case h.Length >= 126:
		return h, nil, b, false, nil
	}
	state := ws.StateClientSide
	if fragmented {
		state = state.Set(ws.StateFragmented)
	}
	if err := ws.CheckHeader(h, state); err != nil {
		return h, nil, nil, false, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	if int64(len(b)-head) < h.Length {
		return h, nil, b, false, nil
	}
	end := head + int(h.Length)
	return h, b[head:end], b[end:], true, nil
}

// appendMasked appends one frame as a client must send it.
func appendMasked(dst []byte, op ws.OpCode, payload []byte) []byte {
	dst = append(dst, 0x80|byte(op))
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n <= 0xffff:
		dst = binary.BigEndian.AppendUint16(append(dst, 0x80|126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, 0x80|127), uint64(n))
	}
	mask := ws.NewMask()
	dst = append(dst, mask[:]...)
	start := len(dst)
	dst = append(dst, payload...)
	ws.Cipher(dst[start:], mask, 0)
	return dst
}
