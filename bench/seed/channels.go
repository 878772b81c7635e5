package seed

import (
	"fmt"
	"strconv"
	"time"
)

// channel is a way to bring changes to a client. play does that for the whole virtual time.
type channel struct {
	name string
	play func(*run) error
}

// Names of the channels, in the order of the tables.
const (
	Polling   = "polling"
	Tagged    = "polling with ETag"
	LongPoll  = "long poll"
	Stream    = "SSE"
	Signalled = "SSE says so, then GET"
	Whole     = "WebSocket, whole states"
	Changes   = "WebSocket, deltas"
)

var channels = []channel{
	{Polling, (*run).polled},
	{Tagged, (*run).tagged},
	{LongPoll, (*run).longPolled},
	{Stream, (*run).streamed},
	{Signalled, (*run).signalled},
	{Whole, (*run).whole},
	{Changes, (*run).changes},
}

// longest is how long a long poll waits, as our routes do.
const longest = 25 * time.Second

// still is how often a stream says that it is there when it has nothing to say.
const still = 15 * time.Second

func (r *run) polled() error { return r.polling(false) }

func (r *run) tagged() error { return r.polling(true) }

// polling asks every w.poll, or as soon as the answer before is there.
func (r *run) polling(tags bool) error {
	l, err := r.dial()
	if err != nil {
		return err
	}
	tag := ""
	for t := time.Duration(0); t < r.cfg.Duration; t += max(r.w.poll, 2*r.cfg.OneWay) {
		var extra []string
		if tags && tag != "" {
			extra = []string{"If-None-Match: " + tag + "\r\n"}
		}
		version := r.w.at(t + r.cfg.OneWay)
		if _, tag, err = r.get(l, version, "/state", extra...); err != nil {
			return err
		}
		r.got(version, t+2*r.cfg.OneWay)
	}
	return nil
}

// longPolled asks again as soon as it has an answer, which comes with the next change, or says after a while that there is none.
func (r *run) longPolled() error {
	l, err := r.dial()
	if err != nil {
		return err
	}
	if _, _, err := r.get(l, 0, "/state"); err != nil {
		return err
	}
	for t := 2 * r.cfg.OneWay; t < r.cfg.Duration; t += r.cfg.OneWay {
		t += r.cfg.OneWay // it is at the server
		version := r.w.at(t)
		if version == r.have && version < len(r.w.changes) && r.w.changes[version] <= t+longest {
			t = r.w.changes[version]
			version++
		}
		none := version == r.have
		if none {
			t += longest
		}
		since := "/state?wait=25&since=" + strconv.Itoa(r.have)
		if none {
			version = -1
		}
		if _, _, err := r.get(l, version, since); err != nil {
			return err
		}
		if !none {
			r.got(version, t+r.cfg.OneWay)
		}
	}
	return nil
}

// quiet says on a stream that it is there, for each while without a change between two times.
func (r *run) quiet(l *line, from, to time.Duration) error {
	for t := from + still; t < to; t += still {
		if err := r.event(l, []byte(": still here\n\n")); err != nil {
			return err
		}
	}
	return nil
}

// streamed has each state in an event.
func (r *run) streamed() error {
	l, err := r.listen()
	if err != nil {
		return err
	}
	before := time.Duration(0)
	for version := range r.w.states {
		at := r.when(version)
		if err := r.quiet(l, before, at); err != nil {
			return err
		}
		before = at
		state := r.w.states[version]
		if err := r.event(l, fmt.Appendf(nil, "id: %d\nevent: state\ndata: %s\n\n", version, state)); err != nil {
			return err
		}
		r.messages++
		r.data += int64(len(state))
		r.got(version, at+r.cfg.OneWay)
	}
	return r.quiet(l, before, r.cfg.Duration)
}

// signalled hears of a change by an event, and fetches the state over another connection, one request at a time.
func (r *run) signalled() error {
	l, err := r.listen()
	if err != nil {
		return err
	}
	g, err := r.dial()
	if err != nil {
		return err
	}
	if _, _, err := r.get(g, 0, "/state"); err != nil {
		return err
	}
	free, before := 2*r.cfg.OneWay, time.Duration(0)
	for version := 1; version < len(r.w.states); version++ {
		at := r.when(version)
		if err := r.quiet(l, before, at); err != nil {
			return err
		}
		before = at
		if err := r.event(l, fmt.Appendf(nil, "id: %d\nevent: changed\ndata: {}\n\n", version)); err != nil {
			return err
		}
		if r.have >= version {
			continue // what it fetched last had this already
		}
		asked := max(at+r.cfg.OneWay, free)
		newest := r.w.at(asked + r.cfg.OneWay)
		if _, _, err := r.get(g, newest, "/state"); err != nil {
			return err
		}
		free = asked + 2*r.cfg.OneWay
		r.got(newest, free)
	}
	return r.quiet(l, before, r.cfg.Duration)
}

// when is when a version is there.
func (r *run) when(version int) time.Duration {
	if version == 0 {
		return 0
	}
	return r.w.changes[version-1]
}

// whole has each state in a message.
func (r *run) whole() error { return r.socket(r.w.states, false) }

// changes has what has changed in each message.
func (r *run) changes() error { return r.socket(r.w.deltas, true) }

func (r *run) socket(messages [][]byte, acks bool) error {
	l, err := r.upgrade()
	if err != nil {
		return err
	}
	told := time.Duration(0)
	for version, payload := range messages {
		at := r.when(version)
		if err := r.frame(l, payload); err != nil {
			return err
		}
		r.got(version, at+r.cfg.OneWay)
		if acks && r.w.ack != nil && version > 0 && at-told >= r.w.ackEvery {
			told = at
			if err := r.tell(l, r.w.ack(version)); err != nil {
				return err
			}
		}
	}
	return nil
}
