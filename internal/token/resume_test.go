package token

import (
	"errors"
	"testing"
	"time"
)

func goodResume() Resume {
	return Resume{Room: "r1", Epoch: 1<<63 + 7, Player: "p1", Node: "boot1", Session: 3}
}

func TestResumeRoundTrip(t *testing.T) {
	b := newBench(t)
	b.now = t0.Add(700 * time.Millisecond)
	want := goodResume()
	want.ExpiresAt = t0.Add(40*time.Second + 300*time.Millisecond)
	text, made, err := b.signer.Resume(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.verifier.Resume(text)
	if err != nil {
		t.Fatal(err)
	}
	want.ID, want.IssuedAt, want.ExpiresAt = made.ID, t0, t0.Add(40*time.Second)
	got.IssuedAt, got.ExpiresAt = got.IssuedAt.UTC(), got.ExpiresAt.UTC()
	if got != want || got.ID == "" {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	b.now = t0.Add(40 * time.Second)
	if _, err := b.verifier.Resume(text); !errors.Is(err, ErrInvalid) {
		t.Errorf("at its end: %v", err)
	}
}

// Both kinds are signed with the same key: what keeps them apart is audience and typ, and either alone must do.
func TestResumeAndSeatDoNotSwap(t *testing.T) {
	b := newBench(t)
	resume, _, err := b.signer.Resume(goodResume())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.verifier.Seat(resume); !errors.Is(err, ErrInvalid) {
		t.Errorf("a resume token opened the door of a first seat: %v", err)
	}
	if _, err := b.verifier.Resume(b.seat(t)); !errors.Is(err, ErrInvalid) {
		t.Errorf("a seat token resumed: %v", err)
	}
	if _, err := b.verifier.Resume(b.access(t)); !errors.Is(err, ErrInvalid) {
		t.Errorf("an access token resumed: %v", err)
	}
	whole := func(c *claims, _ map[string]any) {
		c.Room, c.Name, c.Node, c.Role, c.Session = "r1", "ann", "boot1", RolePlayer, 1
	}
	if _, err := b.verifier.Seat(b.forge(t, resumeKind, whole)); !errors.Is(err, ErrInvalid) {
		t.Errorf("a resume token with the claims of a seat is a seat: %v", err)
	}
	onlyTyp, onlyAudience := seatKind, seatKind
	onlyTyp.typ, onlyAudience.audience = resumeKind.typ, resumeKind.audience
	for name, k := range map[string]kind{"typ": onlyTyp, "audience": onlyAudience} {
		if _, err := b.verifier.Resume(b.forge(t, k, whole)); !errors.Is(err, ErrInvalid) {
			t.Errorf("a seat token with the %s of a resume token resumed: %v", name, err)
		}
	}
}

func TestResumeFieldsAreBounded(t *testing.T) {
	b := newBench(t)
	long := string(make([]byte, maxID+1))
	for name, change := range map[string]func(*Resume){
		"no room":       func(r *Resume) { r.Room = "" },
		"a long player": func(r *Resume) { r.Player = long },
		"no node":       func(r *Resume) { r.Node = "" },
		"a long id":     func(r *Resume) { r.ID = long },
		"session 0":     func(r *Resume) { r.Session = 0 },
		"too long":      func(r *Resume) { r.ExpiresAt = t0.Add(MaxResumeTTL + time.Second) },
		"over already":  func(r *Resume) { r.ExpiresAt = t0 },
	} {
		r := goodResume()
		change(&r)
		if _, _, err := b.signer.Resume(r); err == nil {
			t.Errorf("%s was signed", name)
		}
	}
	noSession := func(c *claims, _ map[string]any) { c.Room, c.Node = "r1", "boot1" }
	if _, err := b.verifier.Resume(b.forge(t, resumeKind, noSession)); !errors.Is(err, ErrInvalid) {
		t.Errorf("a token without session: %v", err)
	}
}
