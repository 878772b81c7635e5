package lobby

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/events"
)

const (
	eventBeat  = 15 * time.Second // a comment goes out after this much silence, so that proxies keep the stream and its end is noticed
	eventLife  = 10 * time.Minute // of a stream: as long as the access token that opened it, so that it ends a session soon after it
	eventWrite = 10 * time.Second // for one write to be taken; a reader that takes none has gone
)

// kindBye ends a stream. It has no id, as it is none of the account's events.
const kindBye = "bye"

// What a stream says last.
const (
	byeLife     = "lifetime"   // open the next one
	byeClosing  = "shutdown"   // open the next one in a moment
	byeReplaced = "replaced"   // newer streams of the account took its place: do not open another by yourself
	byeSignOut  = "signed-out" // sign in again
)

// AccountEvent is one thing that happened to an account.
type AccountEvent struct {
	Cursor string          `json:"cursor" doc:"Where to go on after it."`
	Kind   string          `json:"kind" doc:"start-over: some events are gone, ask REST for the state and go on from this cursor. Ignore unknown kinds."`
	Data   json.RawMessage `json:"data" doc:"By kind; null for start-over."`
}

// EventList is the answer of a long poll.
type EventList struct {
	Events []AccountEvent `json:"events" nullable:"false" doc:"The oldest first; empty when nothing happened while waiting."`
	Cursor string         `json:"cursor" doc:"For since of the next poll, or Last-Event-ID of a stream."`
}

type eventsInput struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"64" doc:"Go on after this cursor. Empty: from now on."`
	Since       string `query:"since" maxLength:"64" doc:"The same, for a long poll."`
	Wait        int    `query:"wait" minimum:"0" maximum:"25" doc:"Answers JSON instead of a stream, after at most so many seconds."`

	poll, head bool
	accept     []string // lines of the header
}

// Resolve finds out which of the two answers is wanted: wait=0 is a poll as well.
func (in *eventsInput) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	in.poll, in.head = u.Query().Has("wait"), ctx.Method() == http.MethodHead
	r, _ := humago.Unwrap(ctx)
	in.accept = r.Header.Values("Accept")
	if in.Since == "" {
		in.Since = in.LastEventID
	}
	return nil
}

// The media types of the two answers.
const (
	streamType = "text/event-stream"
	jsonType   = "application/json"
)

func (in *eventsInput) contentType() string {
	if in.poll {
		return jsonType
	}
	return streamType
}

func (l *Lobby) eventRoutes(api huma.API) {
	poll := jsonResponse[EventList](api, "A stream of events, each with id (the cursor), event (the kind) and data; with wait, a list.")
	poll.Content[streamType] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	huma.Register(api, operation(huma.Operation{
		OperationID: "readEvents", Method: http.MethodGet, Path: "/v1/events", Tags: []string{"events"},
		Summary: "What happens to the account, as it happens",
		Description: "A stream begins with a block that has an id only: the cursor to come back with. It ends after ten minutes, with the " +
			"event bye and its reason: lifetime, shutdown, replaced (by newer streams of the account: do not open another) or signed-out. " +
			"With ?wait it is a long poll: begin with wait=0 to learn the cursor.",
		Security: needsBearer, Responses: map[string]*huma.Response{"200": poll},
	}, "replaced", "too_many_streams", "draining"), l.readEvents)
}

func (l *Lobby) readEvents(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	if p := checkAccept(in.accept, in.contentType()); p != nil {
		if !in.poll {
			p.Detail += "; with ?wait it is a long poll that gives " + jsonType
		}
		return nil, p
	}
	if in.head {
		// Nobody would read the stream, and it would take the place of one that is read.
		return &huma.StreamResponse{Body: func(hctx huma.Context) { hctx.SetHeader("Content-Type", in.contentType()) }}, nil
	}
	if n := l.reading.Add(1); n > int64(l.cfg.Limits.Readers) {
		l.reading.Add(-1)
		return nil, newProblem(http.StatusServiceUnavailable, "too_many_streams", "too many are reading events; try again later").
			after(5 * time.Second)
	}
	reader, err := l.events.Subscribe(playerID(ctx), in.Since)
	if err == nil && !l.auth.Still(caller(ctx)) {
		reader.Close()
		err = auth.ErrGone
	}
	if err != nil {
		l.reading.Add(-1)
		return nil, l.problem(ctx, err)
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		defer l.reading.Add(-1)
		defer reader.Close()
		_, w := humago.Unwrap(hctx)
		if in.poll {
			l.pollEvents(ctx, w, reader, time.Duration(in.Wait)*time.Second)
			return
		}
		streamEvents(ctx, w, reader)
	}}, nil
}

// pollEvents answers with what there is within wait.
func (l *Lobby) pollEvents(ctx context.Context, w http.ResponseWriter, reader *events.Reader, wait time.Duration) {
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	happened, err := reader.Next(limited)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		var p *Problem
		errors.As(l.problem(ctx, err), &p)
		p.write(w)
		return
	}
	list := EventList{Events: []AccountEvent{}, Cursor: reader.Cursor()}
	for _, e := range happened {
		list.Events = append(list.Events, AccountEvent(e))
	}
	body, err := json.Marshal(list)
	if err != nil {
		panic(err) // data was marshalled when it was published
	}
	w.Header().Set("Content-Type", jsonType)
	w.Write(append(body, '\n')) // an error means that the client has gone
}

// streamEvents writes what happens until the stream's life, the reader or the client ends.
func streamEvents(ctx context.Context, w http.ResponseWriter, reader *events.Reader) {
	ctx, cancel := context.WithTimeout(ctx, eventLife)
	defer cancel()
	w.Header().Set("Content-Type", streamType)
	w.Header().Set("X-Accel-Buffering", "no") // nginx holds answers back otherwise
	s := &stream{w: w, control: http.NewResponseController(w)}
	defer s.end()
	s.block(events.Event{Cursor: reader.Cursor()})
	for s.flush() {
		happened, err := next(ctx, reader)
		switch {
		case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
			return // the client has gone
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			s.buf.WriteString(": still here\n\n")
		case err != nil:
			s.bye(err)
			return
		}
		for _, e := range happened {
			s.block(e)
		}
	}
}

// next waits for events for as long as a stream may be silent.
func next(ctx context.Context, reader *events.Reader) ([]events.Event, error) {
	beat, cancel := context.WithTimeout(ctx, eventBeat)
	defer cancel()
	return reader.Next(beat)
}

// stream writes blocks of text/event-stream (WHATWG HTML, section 9.2).
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	buf     bytes.Buffer
}

// block adds an event. JSON has no line breaks as the hub keeps it, so that data is one line.
func (s *stream) block(e events.Event) {
	if e.Cursor != "" {
		s.buf.WriteString("id: " + e.Cursor + "\n")
	}
	if e.Kind != "" {
		s.buf.WriteString("event: " + e.Kind + "\ndata: ")
		s.buf.Write(e.Data)
		s.buf.WriteByte('\n')
	}
	s.buf.WriteByte('\n')
}

// bye says why the stream ends.
func (s *stream) bye(err error) {
	reason := byeLife
	switch {
	case errors.Is(err, events.ErrReplaced):
		reason = byeReplaced
	case errors.Is(err, events.ErrEnded):
		reason = byeSignOut
	case errors.Is(err, events.ErrClosed):
		reason = byeClosing
	}
	s.block(events.Event{Kind: kindBye, Data: []byte(`{"reason":` + strconv.Quote(reason) + `}`)})
	s.flush()
}

// flush sends what was added and reports whether the client takes it. Each write has a time of its own: that of the server would end
// the stream. Between writes there is none, since HTTP/2 resets a stream whose time is up even when nothing is written.
func (s *stream) flush() bool {
	s.deadline(time.Now().Add(eventWrite))
	_, err := s.buf.WriteTo(s.w)
	if err == nil {
		err = s.control.Flush()
	}
	s.deadline(time.Time{})
	return err == nil
}

// end gives what net/http writes after the handler a time as well.
func (s *stream) end() { s.deadline(time.Now().Add(eventWrite)) }

func (s *stream) deadline(t time.Time) {
	_ = s.control.SetWriteDeadline(t) // fails on a connection that has ended, which the next write finds out
}
