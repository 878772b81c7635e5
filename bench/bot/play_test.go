package bot

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/snapshot"
)

func TestBotKnowsWhetherToComeBack(t *testing.T) {
	closed := func(code uint16) error { return &client.CloseError{Code: code} }
	violation := func(err error) error {
		return errors.Join(fmt.Errorf("%w: %w", client.ErrProtocol, err), errors.New("write: broken pipe"))
	}
	for _, c := range []struct {
		name        string
		err         error
		bye         *msg.Bye
		want        again
		disconnects int
		desync      string
	}{
		{"match over", closed(4005), nil, again{}, 0, ""},
		{"going down", closed(4100), &msg.Bye{RetryMS: 700}, again{wait: 700 * time.Millisecond}, 1, ""},
		{"asked to wait for a year", closed(4100), &msg.Bye{RetryMS: 1<<32 - 1}, again{wait: maxRetryAfter}, 1, ""},
		{"lost", closed(1006), nil, again{resume: true}, 1, ""},
		{"silent", closed(4104), nil, again{resume: true}, 1, ""},
		{"place gone", closed(4105), nil, again{}, 1, ""},
		{"kicked", closed(4002), nil, again{stop: true}, 1, ""},
		{"replaced", closed(4003), nil, again{stop: true}, 1, ""},
		{"baseline", violation(snapshot.ErrBaseline), nil, again{}, 0, "desync: baseline"},
		{"checksum", violation(snapshot.ErrChecksum), nil, again{}, 0, "desync: checksum"},
		{"unknown id", violation(errors.Join(snapshot.ErrKnown, errors.New("enter"))), nil, again{}, 0, "desync: known list"},
		{"schema range", violation(snapshot.ErrRange), nil, again{}, 0, "desync: range"},
		{"number range", violation(msg.ErrRange), nil, again{}, 0, "desync: range"},
		{"flags", violation(snapshot.ErrFlags), nil, again{}, 0, "desync: flags"},
		{"another violation", violation(errors.New("type 9")), nil, again{}, 0, "desync: message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bot{meter: newMeter(1)}
			got := b.ended(t.Context(), &client.Conn{Core: &client.Core{Bye: c.bye}}, c.err)
			r := b.meter.report(time.Unix(0, 0))
			if got != c.want || r.Disconnects != c.disconnects {
				t.Errorf("%+v, %d disconnects", got, r.Disconnects)
			}
			if c.desync != "" && (r.Desyncs != 1 || r.Errors[c.desync] != 1) || c.desync == "" && r.Desyncs != 0 {
				t.Errorf("%d desyncs, errors %v", r.Desyncs, r.Errors)
			}
		})
	}
}

func TestOwnLeavingIsNoDisconnectButADesyncIsOne(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := &bot{meter: newMeter(1)}
	b.ended(ctx, &client.Conn{Core: &client.Core{}}, &client.CloseError{Code: 1006})
	b.refused(ctx, context.Canceled)
	b.ended(ctx, &client.Conn{Core: &client.Core{}}, client.ErrProtocol)
	if r := b.meter.report(time.Unix(0, 0)); r.Disconnects != 0 || r.Desyncs != 1 || len(r.Errors) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestRefusalsAreCountedByKind(t *testing.T) {
	b := &bot{meter: newMeter(1), token: "old"}
	for _, err := range []error{
		&statusError{status: 429, retryAfter: 3 * time.Second}, &client.RefusedError{Status: 403},
		fmt.Errorf("%w: expired", errTicket), errors.New("reset"),
	} {
		next := b.refused(t.Context(), err)
		if next.stop {
			t.Errorf("%v made the bot stop", err)
		}
	}
	if b.token != "old" {
		t.Error("the token was thrown away")
	}
	b.refused(t.Context(), &statusError{status: 401})
	if b.token != "" {
		t.Error("a token that has run out was kept")
	}
	r := b.meter.report(time.Unix(0, 0))
	for _, kind := range []string{"http 429", "http 401", "seat 403", "ticket without match", "network"} {
		if r.Errors[kind] != 1 {
			t.Errorf("%d x %s", r.Errors[kind], kind)
		}
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	b := &bot{}
	if b.backoff() != 0 {
		t.Error("a bot that has just played waits")
	}
	for b.misses = 1; b.misses < 100; b.misses++ {
		limit := min(100*time.Millisecond<<min(b.misses, 10), 3200*time.Millisecond)
		if d := b.backoff(); d < limit/2 || d > limit {
			t.Errorf("after %d misses %v", b.misses, d)
		}
	}
}
