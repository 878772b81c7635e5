package lobby

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/cpuwork"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/auth"
	"github.com/skirmish-dev/skirmish/lobby/auth/oidc"
	"github.com/skirmish-dev/skirmish/lobby/events"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/mail"
	"github.com/skirmish-dev/skirmish/lobby/party"
)

// Lobby answers the REST side. It is concurrent-safe.
type Lobby struct {
	cfg      Config
	log      *zap.Logger
	base     *url.URL // where browsers reach the server
	games    []Game
	auth     *auth.Service
	pool     *cpuwork.Pool // computes password hashes
	outbox   *mail.Outbox
	accounts *limit.Set[string]
	queue    *matchmaking
	parties  *party.Book
	codes    codes
	events   *events.Hub
	reading  atomic.Int64 // streams and polls of events
	waiting  waits        // polls of tickets
	notes    *notes
	letting  chan struct{} // holds the one that changes who may join the room of a match
	listings *listings
	lists    *limit.Set[netip.Prefix] // pages of them that are made for one client
	boards   *boards
	repeats  *repeats
	owners   owners
	backlog  *backlog // nil: results do not wait here
	handler  http.Handler
}

// New checks cfg and returns a lobby that is ready to serve. Close it when the server stops.
func New(cfg Config) (_ *Lobby, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	base, err := cfg.baseURL()
	if err != nil {
		return nil, err
	}
	l := &Lobby{
		cfg: cfg, log: cfg.Logger, base: base, games: cfg.Directory.Games(), notes: newNotes(cfg.Clock), letting: make(chan struct{}, 1),
	}
	l.listings = newListings(cfg.Directory, l.notes, cfg.Clock)
	l.boards = newBoards(cfg.Clock)
	l.owners.init(cfg.Limits, l.listings)

	var err1, err2, err3, err4, err5, err6 error
	if l.pool, err = cpuwork.New(cpuwork.Config{Command: cfg.HashCommand, Failed: func(err error) {
		if errors.Is(err, cpuwork.ErrBusy) {
			l.log.Warn("a sign-in is refused: the machine has no time to hash its password", zap.Error(err))
			return
		}
		l.log.Warn("a password hash is computed by the server itself, which may make ticks late", zap.Error(err))
	}}); err != nil {
		return nil, fmt.Errorf("lobby: %w", err)
	}
	l.outbox = mail.NewOutbox(cfg.Mail, cfg.Logger)
	defer func() {
		if err != nil {
			if l.queue != nil {
				l.queue.close()
			}
			l.outbox.Close()
			l.pool.Close()
		}
	}()
	l.auth, err1 = l.newAuth(cfg)
	l.accounts, err2 = limit.New[string](limit.Config{Name: "account", PerKey: cfg.Limits.Account, Clock: cfg.Clock})
	l.events, err3 = events.New(events.Config{Clock: cfg.Clock})
	l.codes, err4 = newCodes(cfg)
	l.parties, err5 = party.New(party.Config{
		NewID: func() string { return strings.ToLower(rand.Text()) }, NewCode: newCode, Parties: cfg.Limits.Parties, Clock: cfg.Clock,
		Changed: l.partyChanged,
	})
	l.lists, err6 = limit.New[netip.Prefix](limit.Config{Name: "lists", PerKey: cfg.Limits.Lists, Clock: cfg.Clock})
	if err = errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, fmt.Errorf("lobby: %w", err)
	}
	l.repeats = newRepeats(cfg.Clock, l.accounts.Take)
	if l.queue, err = l.startQueue(); err != nil {
		return nil, fmt.Errorf("lobby: %w", err)
	}
	l.handler = l.routes()
	if cfg.ResultsFile != "" { // the last: it begins at once
		if l.backlog, err = openBacklog(cfg.ResultsFile, l.applyResult, l.log); err != nil {
			return nil, fmt.Errorf("lobby: %w", err)
		}
	}
	return l, nil
}

func (l *Lobby) newAuth(cfg Config) (*auth.Service, error) {
	keys := token.Config{Keys: cfg.Keys, Issuer: cfg.Issuer, Clock: cfg.Clock}
	signer, err1 := token.NewSigner(keys)
	verifier, err2 := token.NewVerifier(keys)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	providers, err := l.newOIDC(cfg)
	if err != nil {
		return nil, err
	}
	return auth.New(context.Background(), auth.Config{
		OIDC:  providers,
		Store: cfg.Store, Signer: signer, Verifier: verifier, Pool: l.pool, Outbox: l.outbox, Clock: cfg.Clock, Ended: l.kick,
		LinkURL: l.base.String() + mailPage, Guests: cfg.Limits.Guests, GuestsTotal: cfg.Limits.GuestsTotal,
		Refreshes: cfg.Limits.Refreshes, UnseatedGuests: cfg.Limits.UnseatedGuests, Logins: cfg.Limits.Logins,
		Tries: cfg.Limits.LoginTries, Mails: cfg.Limits.Mails, MailsTo: cfg.Limits.MailsTo,
	})
}

func (l *Lobby) newOIDC(cfg Config) (*oidc.Service, error) {
	pages := cfg.ReturnTo
	if len(pages) == 0 {
		pages = []string{l.base.String() + "/"}
	}
	return oidc.New(oidc.Config{Providers: cfg.OIDC, BaseURL: l.base.String() + oidcPath, ReturnTo: pages, Clock: cfg.Clock})
}

// kick closes the sockets and streams of an account whose sessions have ended, and ends its ticket and its place in a party.
func (l *Lobby) kick(account string) {
	_ = l.parties.Leave(account) // of who is in none there is nothing to end
	if t, err := l.queue.Open(account); err == nil {
		_, _ = l.queue.Cancel(t.ID, account) // it may have ended by now
	}
	l.events.End(account)
	if l.cfg.Kicker != nil {
		l.cfg.Kicker.Kick(account, "signed out")
	}
}

// Handler serves every path under /v1/ that is the lobby's and the reference at /docs, and answers any other with a 404 problem. The root puts a Guard of
// internal/httpguard in front of it; without one all clients count as one network.
func (l *Lobby) Handler() http.Handler { return l.handler }

// Close ends the streams and the long polls that are waiting, so that an http.Server can shut down. Requests that are running finish. E-mails that
// wait are given up; results that wait stay in their file.
func (l *Lobby) Close() {
	if l.backlog != nil {
		if err := l.backlog.close(); err != nil {
			l.log.Error("the file of match results that wait for the database", zap.Error(err))
		}
	}
	l.queue.close()
	l.events.Close()
	l.outbox.Close()
	l.pool.Close()
}

// CleanUp removes accounts, sessions and links that are over. Call it about once an hour. Errors wrap the store's.
func (l *Lobby) CleanUp(ctx context.Context) error { return l.auth.CleanUp(ctx) }
