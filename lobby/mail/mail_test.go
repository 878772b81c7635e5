package mail

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// senderFunc is a Sender of one function.
type senderFunc func(context.Context, Mail) error

func (f senderFunc) Send(ctx context.Context, m Mail) error { return f(ctx, m) }

func to(address string) Letter {
	return func(context.Context) (*Mail, error) { return &Mail{To: address}, nil }
}

func TestOutboxTriesAgainAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zapcore.InfoLevel)
		sent := make(chan string, 10)
		fails := 2
		o := NewOutbox(senderFunc(func(_ context.Context, m Mail) error {
			if m.To == "bad" || m.To == "late" && fails > 0 {
				fails--
				return errors.New("no")
			}
			sent <- m.To
			return nil
		}), zap.New(core))
		defer o.Close()
		for _, l := range []Letter{
			to("late"), func(context.Context) (*Mail, error) { return nil, nil }, to("bad"),
			func(context.Context) (*Mail, error) { panic("oops") }, to("good"),
		} {
			if !o.Offer(l) {
				t.Fatal("a letter was refused")
			}
		}
		if first, second := <-sent, <-sent; first != "late" || second != "good" || logs.Len() != 2 {
			t.Errorf("sent %s and %s, logged %v", first, second, logs.All())
		}
	})
}

func TestOutboxIsBounded(t *testing.T) {
	hold, held := make(chan struct{}), make(chan struct{}, waiting+2)
	o := NewOutbox(senderFunc(func(ctx context.Context, _ Mail) error {
		held <- struct{}{}
		select {
		case <-hold:
		case <-ctx.Done():
		}
		return nil
	}), zap.NewNop())
	o.Offer(to("first"))
	<-held
	for range waiting {
		if !o.Offer(to("x")) {
			t.Fatal("refused before it is full")
		}
	}
	if o.Offer(to("x")) {
		t.Error("more than the bound was taken")
	}
	o.Close() // ends the one under way
	o.Close()
	if o.Offer(to("x")) {
		t.Error("taken after Close")
	}
}

func TestFilesKeepSecretsFromOthersAndTheLog(t *testing.T) {
	core, logs := observer.New(zapcore.InfoLevel)
	f := Files{Dir: filepath.Join(t.TempDir(), "mail"), Log: zap.New(core)}
	for range filesKept + 5 {
		if err := f.Send(t.Context(), Mail{To: "ann@example.org", Subject: "Hello", Text: "the secret\n"}); err != nil {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob(filepath.Join(f.Dir, "*"))
	if err != nil || len(names) != filesKept || filepath.Base(names[len(names)-1]) != "000000105.txt" {
		t.Errorf("%d files, the last %s, %v", len(names), names[len(names)-1], err)
	}
	text, err := os.ReadFile(names[0])
	info, err2 := os.Stat(names[0])
	if err := errors.Join(err, err2); err != nil || string(text) != "To: ann@example.org\nSubject: Hello\n\nthe secret\n" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q with mode %v, %v", text, info.Mode(), err)
	}
	for _, line := range logs.All() {
		for _, field := range line.Context {
			if strings.Contains(field.String, "secret") || strings.Contains(field.String, "ann@") {
				t.Errorf("the log says %+v", field)
			}
		}
	}
}
