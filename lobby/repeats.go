package lobby

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
)

const (
	repeatFor = 24 * time.Hour
	repeatKey = 128 // bytes of an Idempotency-Key
)

// repeats answers a POST that comes again under its Idempotency-Key with what was answered the first time, so that a client which has
// lost the answer can ask again. Only answers of success are kept: what was refused has changed nothing and may be tried again. They
// are kept in memory, and a restart forgets them.
//
// An answer with a seat is good for as long as the seat's token. A repeat that comes later is refused: doing it again would be a second
// request under the key of the first, and the dead token would send the client into a refusal that says less.
//
// The header is that of the IETF draft "The Idempotency-Key HTTP Header Field".
type repeats struct {
	clock func() time.Time
	admit func(account string) (wait time.Duration, ok bool) // a repeat costs the account as much as a request

	mu   sync.Mutex
	kept answers
}

func newRepeats(clock func() time.Time, admit func(account string) (time.Duration, bool)) *repeats {
	return &repeats{clock: clock, admit: admit, kept: newAnswers()}
}

// serve answers r, whose body has been read, with next or with what next has answered before.
func (p *repeats) serve(w http.ResponseWriter, r *http.Request, account string, next http.Handler) {
	key := r.Header.Get("Idempotency-Key")
	if len(key) > repeatKey || strings.ContainsFunc(key, func(c rune) bool { return c < '!' || c > '~' }) {
		newProblem(http.StatusBadRequest, "bad_idempotency_key", "give 1 to 128 visible ASCII characters as Idempotency-Key").write(w)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		newProblem(http.StatusBadRequest, "bad_request", "the body ended early").write(w)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	scope, request := repeatScope{account, r.URL.Path, key}, sha256.Sum256(body)
	for admitted := false; ; admitted = true {
		first, mine := p.take(scope, request)
		if mine {
			p.run(w, r, first, next)
			return
		}
		if !admitted {
			if wait, ok := p.admit(account); !ok {
				tooMany(wait).write(w)
				return
			}
		}
		if first.request != request {
			newProblem(http.StatusUnprocessableEntity, "idempotency_key_reused",
				"this Idempotency-Key came with another body before; take a new one for a new request").write(w)
			return
		}
		select {
		case <-first.done:
		case <-r.Context().Done():
			return
		}
		switch {
		case first.status == 0:
		case !first.until.IsZero() && !p.clock().Before(first.until):
			newProblem(http.StatusGone, "answer_expired", "this Idempotency-Key was answered with a place in a room, which has to be taken at "+
				"once and is over by now; ask anew, under another key").write(w)
			return
		default:
			w.Header().Set("Idempotency-Replayed", "true")
			w.Header().Set("Content-Type", first.contentType)
			if first.location != "" {
				w.Header().Set("Location", first.location)
			}
			w.WriteHeader(first.status)
			w.Write(first.body) // an error means that the client has gone
			return
		}
	}
}

// take returns the request of a scope, which is the caller's to run when there was none.
func (p *repeats) take(scope repeatScope, request [sha256.Size]byte) (first *repeat, mine bool) {
	now := p.clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if first = p.kept.of(scope); first != nil && now.Sub(first.at) < repeatFor {
		return first, false
	}
	if first != nil {
		p.kept.forget(first)
	}
	first = &repeat{scope: scope, request: request, at: now, done: make(chan struct{})}
	p.kept.add(first)
	return first, true
}

// run lets next answer and keeps the answer.
func (p *repeats) run(w http.ResponseWriter, r *http.Request, first *repeat, next http.Handler) {
	t := &tee{ResponseWriter: w}
	var seated bool
	routed := r.WithContext(context.WithValue(r.Context(), seatedKey{}, &seated))
	defer func() { // after a panic too, or the others would wait for ever
		p.mu.Lock()
		defer p.mu.Unlock()
		if t.status/100 == 2 {
			first.status, first.body = t.status, t.body.Bytes()
			first.contentType, first.location = w.Header().Get("Content-Type"), w.Header().Get("Location")
			if seated {
				first.until = first.at.Add(token.MaxSeatTTL)
			}
		}
		r.Pattern = routed.Pattern
		close(first.done)
		if first.status == 0 {
			p.kept.forget(first)
		} else {
			p.kept.grown(first)
		}
	}()
	next.ServeHTTP(t, routed)
}

// seatedKey is the context's key of what says that the answer holds a seat.
type seatedKey struct{}

// holdsSeat says that the answer to this request will hold a seat's token.
func holdsSeat(ctx context.Context) {
	if seated, ok := ctx.Value(seatedKey{}).(*bool); ok {
		*seated = true
	}
}

// tee keeps what is answered.
type tee struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (t *tee) WriteHeader(status int) {
	if t.status == 0 {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

func (t *tee) Write(b []byte) (int, error) {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	t.body.Write(b)
	return t.ResponseWriter.Write(b)
}

func (t *tee) Unwrap() http.ResponseWriter { return t.ResponseWriter }
