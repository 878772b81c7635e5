// Package mail sends the lobby's e-mails: an Outbox that no request waits for, and the two ways out of it, SMTP and files for a
// server that has no SMTP.
//
// lobby/auth fills the Outbox, the root chooses the Sender. It knows nothing of accounts and imports nothing of this module.
// The text of an e-mail holds a secret and goes into no log.
package mail

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Mail is one e-mail. To is an address that was checked; Subject and Text are the server's own words.
type Mail struct {
	To      string
	Subject string // one line of ASCII
	Text    string // lines end with \n
}

// Sender takes an e-mail on its way. It is called by one goroutine at a time.
type Sender interface {
	Send(ctx context.Context, m Mail) error
}

// Letter makes the e-mail when its turn comes; nil means that there is nothing to say. It looks up whether there is an account:
// who asked for the letter sees the same whether there is or not.
type Letter func(ctx context.Context) (*Mail, error)

const (
	waiting = 256              // letters; more are refused
	tries   = 3                // for one letter, while its Sender fails
	oneTry  = 15 * time.Second // bound of one
)

// Outbox sends letters one after the other. It is concurrent-safe. What waits in it is lost with the process: the player asks again.
type Outbox struct {
	sender Sender
	log    *zap.Logger
	queue  chan Letter
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

// NewOutbox starts an Outbox. Close it.
func NewOutbox(s Sender, log *zap.Logger) *Outbox {
	o := &Outbox{sender: s, log: log, queue: make(chan Letter, waiting)}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	o.done.Go(o.run)
	return o
}

// Offer takes a letter and reports whether there was room. It never blocks.
func (o *Outbox) Offer(l Letter) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	select {
	case o.queue <- l:
		return true
	default:
		return false
	}
}

// Close gives up what waits and returns when the letter under way has ended.
func (o *Outbox) Close() {
	o.mu.Lock()
	already := o.closed
	o.closed = true
	o.mu.Unlock()
	if already {
		return
	}
	o.cancel()
	close(o.queue)
	o.done.Wait()
}

func (o *Outbox) run() {
	for l := range o.queue {
		if err := o.send(l); err != nil && o.ctx.Err() == nil {
			o.log.Error("an e-mail was not sent", zap.Error(err))
		}
	}
}

func (o *Outbox) send(l Letter) (err error) {
	for range tries {
		if err = o.try(l); err == nil || o.ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(time.Second)
		select {
		case <-timer.C:
		case <-o.ctx.Done():
			timer.Stop()
		}
	}
	return err
}

func (o *Outbox) try(l Letter) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("mail: a letter panicked: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(o.ctx, oneTry)
	defer cancel()
	m, err := l(ctx)
	if err != nil || m == nil {
		return err
	}
	return o.sender.Send(ctx, *m)
}
