package conn

import (
	"fmt"
	"time"
)

// Config configures a socket-serving Transport.
type Config struct {
	// MaxMessage is the largest reassembled message of a client in bytes; more closes with 1009. Zero means DefaultMaxMessage.
	MaxMessage int
	// InboxBytes bounds what one Poll takes of a connection, in bytes, at least MaxMessage; the client's sending is held up beyond it.
	// Zero means 32 KiB or MaxMessage, whichever is more.
	InboxBytes int
	// InboxMessages bounds the same in messages. A fragment, a ping or a pong counts as one, so that a flood of those is held up too.
	// Zero means 128.
	InboxMessages int
	// MaxConns is the number of connections served at a time. Zero means 1024.
	MaxConns int
	// WriteTimeout is how long a client may take for one message before it is given up with ErrTooSlow. Zero means 10 s.
	WriteTimeout time.Duration
	// CloseTimeout is how long a closing connection may take to send what is held and to get the client's answer. Zero means 1 s.
	CloseTimeout time.Duration
	// Now stamps the messages given to Handler.Message; it must be concurrent-safe. Deadlines of sockets do not use it: they are
	// the operating system's. Zero (nil) means time.Now.
	Now func() time.Time
}

// Validate reports a value out of range, naming the field.
func (c Config) Validate() error {
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"MaxMessage", int64(c.MaxMessage)},
		{"InboxBytes", int64(c.InboxBytes)},
		{"InboxMessages", int64(c.InboxMessages)},
		{"MaxConns", int64(c.MaxConns)},
		{"WriteTimeout", int64(c.WriteTimeout)},
		{"CloseTimeout", int64(c.CloseTimeout)},
	} {
		if f.value < 0 {
			return fmt.Errorf("conn: config: %s is negative: give a positive value, or 0 for the default", f.name)
		}
	}
	if d := c.withDefaults(); d.InboxBytes < d.MaxMessage {
		return fmt.Errorf("conn: config: InboxBytes %d cannot hold a message of MaxMessage %d bytes: raise InboxBytes",
			d.InboxBytes, d.MaxMessage)
	}
	return nil
}

func (c Config) withDefaults() Config {
	setDefault(&c.MaxMessage, DefaultMaxMessage)
	setDefault(&c.InboxBytes, max(32<<10, c.MaxMessage))
	setDefault(&c.InboxMessages, 128)
	setDefault(&c.MaxConns, 1024)
	setDefault(&c.WriteTimeout, 10*time.Second)
	setDefault(&c.CloseTimeout, time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
