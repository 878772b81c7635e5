// Package oidc signs players in at OpenID providers: the authorization code flow on the server (OpenID Connect Core 1.0, section 3.1)
// with PKCE (RFC 7636), the checks of RFC 9700, and what brings the outcome to the page that began it without a token in a URL.
//
// lobby/auth calls it and decides what an identity opens. It knows no accounts and no cookies of the lobby's, keeps what is under way
// in memory, bounded, and imports nothing of this module. It is the only importer of go-oidc and x/oauth2.
//
// The flow, in calls:
//
//	page -> Start(return_to, challenge) -> provider -> Finish(state, code) -> return_to#code=C&challenge=... -> Redeem(C, verifier)
//
// The page keeps verifier and gives its SHA-256 as challenge. So C is good for the page that began alone: a link that somebody
// was lured to open ends on a page that has no verifier, and signs nobody in to, or links anything with, the lurer's account.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	flowTTL = 10 * time.Minute // from Start to Finish: the player may have to find a password
	codeTTL = time.Minute      // from Finish to Redeem
	most    = 10_000           // flows, and codes, at a time
)

// Errors that callers tell apart.
var (
	ErrProvider = errors.New("oidc: no such provider")
	ErrReturnTo = errors.New("oidc: the page to return to is not on the list")
	ErrFlow     = errors.New("oidc: the sign-in was not begun here, is too old or was used")
	ErrRefused  = errors.New("oidc: the provider did not confirm the sign-in")
	ErrDown     = errors.New("oidc: the provider does not answer")
	ErrBusy     = errors.New("oidc: too many sign-ins are under way")
)

// Provider is one OpenID provider, as its console says.
type Provider struct {
	Name         string `json:"name"`   // in URLs and in the store: 1..32 of a-z 0-9 -; never reuse one for another issuer
	Issuer       string `json:"issuer"` // https, or http on loopback
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

// Config is what New needs.
type Config struct {
	Providers []Provider
	BaseURL   string           // ".../v1/auth/oidc" of this server, as browsers reach it; required
	ReturnTo  []string         // pages that may be returned to, compared whole; required
	Clock     func() time.Time // zero means time.Now
}

var nameForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// Validate reports the first missing or unusable field.
func (c Config) Validate() error {
	if c.BaseURL == "" || len(c.ReturnTo) == 0 {
		return errors.New("oidc: Config.BaseURL or ReturnTo is missing")
	}
	for _, page := range c.ReturnTo {
		u, err := url.Parse(page)
		if err != nil || u.Host == "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
			return fmt.Errorf("oidc: return_to %q: give a whole address without #, such as https://game.example/play", page)
		}
	}
	seen := map[string]bool{}
	for _, p := range c.Providers {
		u, err := url.Parse(p.Issuer)
		switch {
		case !nameForm.MatchString(p.Name) || p.Name == "email" || seen[p.Name]:
			return fmt.Errorf("oidc: provider name %q: want 1 to 32 of a-z 0-9 -, each once, and not email", p.Name)
		case err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
			return fmt.Errorf("oidc: issuer %q of %s: want https://...", p.Issuer, p.Name)
		case p.ClientID == "":
			return fmt.Errorf("oidc: %s has no client_id", p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Identity is who a provider says somebody is.
type Identity struct {
	Provider string
	Subject  string // the provider's own id of the person, 1..255 bytes
	Label    string // an address or name to recognise it by; nothing is concluded from it
}

// Service is concurrent-safe.
type Service struct {
	cfg       Config
	providers map[string]*provider
	http      *http.Client

	mu    sync.Mutex
	flows map[string]flow // by state
	codes map[string]code // by hash of the code
}

// flow is a sign-in between Start and Finish.
type flow struct {
	provider, returnTo, challenge, verifier, nonce string
	until                                          time.Time
}

// code is one between Finish and Redeem.
type code struct {
	identity  Identity
	challenge string
	until     time.Time
}

// New checks cfg. It asks no provider: one that is down must not keep the server down.
func New(cfg Config) (*Service, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	s := &Service{
		cfg: cfg, providers: map[string]*provider{}, http: &http.Client{Timeout: 10 * time.Second},
		flows: map[string]flow{}, codes: map[string]code{},
	}
	for _, p := range cfg.Providers {
		s.providers[p.Name] = &provider{Provider: p}
	}
	return s, nil
}

// Names lists the providers in the order of the configuration.
func (s *Service) Names() []string {
	names := []string{}
	for _, p := range s.cfg.Providers {
		names = append(names, p.Name)
	}
	return names
}

// Start begins a sign-in: the browser goes to the address, and keeps cookie until it comes back. challenge is the SHA-256 of the
// page's verifier in base64url, 43 characters. Errors: ErrProvider, ErrReturnTo, ErrFlow for a bad challenge, ErrDown, ErrBusy.
func (s *Service) Start(ctx context.Context, name, returnTo, challenge string) (address, cookie string, err error) {
	p := s.providers[name]
	if p == nil {
		return "", "", ErrProvider
	}
	if !slices.Contains(s.cfg.ReturnTo, returnTo) {
		return "", "", ErrReturnTo
	}
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(challenge); err != nil || len(raw) != sha256.Size {
		return "", "", fmt.Errorf("%w: challenge is not the SHA-256 of a verifier in base64url", ErrFlow)
	}
	client, _, err := s.client(ctx, p)
	if err != nil {
		return "", "", err
	}
	state := rand.Text()
	f := flow{
		provider: name, returnTo: returnTo, challenge: challenge, verifier: oauth2.GenerateVerifier(), nonce: rand.Text(),
		until: s.cfg.Clock().Add(flowTTL),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !room(s.flows, func(f flow) time.Time { return f.until }, s.cfg.Clock()) {
		return "", "", ErrBusy
	}
	s.flows[state] = f
	address = client.AuthCodeURL(state, gooidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier))
	return address, state + "." + f.nonce, nil
}

// Callback is how a browser comes back from a provider.
type Callback struct {
	Provider string
	State    string
	Code     string
	Issuer   string // "iss" of RFC 9207, if the provider sends it
	Error    string // the provider's word for a refusal
	Cookie   string // what Start gave
}

// Finish ends a flow and returns where the browser goes: the page that began it, with #code= or #error= behind it, and &challenge=, by
// which the page knows that this ends what it began: whoever makes a link to the page does not know it. Without a flow of this browser
// there is no page to go to. Errors: ErrFlow.
func (s *Service) Finish(ctx context.Context, c Callback) (address string, err error) {
	s.mu.Lock()
	f, ok := s.flows[c.State]
	state, nonce, _ := strings.Cut(c.Cookie, ".")
	// The state must be this browser's: one from another browser would sign it in as somebody else.
	mine := ok && subtle.ConstantTimeCompare([]byte(state), []byte(c.State)) == 1 && subtle.ConstantTimeCompare([]byte(nonce), []byte(f.nonce)) == 1
	if mine {
		delete(s.flows, c.State)
	}
	s.mu.Unlock()
	if !mine || f.provider != c.Provider || s.cfg.Clock().After(f.until) {
		return "", ErrFlow
	}
	identity, err := s.identify(ctx, f, c)
	if err != nil {
		return f.back("error", word(err)), nil
	}
	text := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !room(s.codes, func(c code) time.Time { return c.until }, s.cfg.Clock()) {
		return f.back("error", word(ErrBusy)), nil
	}
	s.codes[hash(text)] = code{identity: identity, challenge: f.challenge, until: s.cfg.Clock().Add(codeTTL)}
	return f.back("code", text), nil
}

// back is the address of the page that began the flow, with what it is told.
func (f flow) back(what, text string) string {
	return f.returnTo + "#" + what + "=" + text + "&challenge=" + f.challenge
}

func word(err error) string {
	switch {
	case errors.Is(err, ErrBusy):
		return "busy"
	case errors.Is(err, ErrDown):
		return "provider_unavailable"
	}
	return "refused"
}

// Redeem returns the identity behind a code, once, to who has the verifier. A wrong verifier spends the code. Errors: ErrFlow.
func (s *Service) Redeem(text, verifier string) (Identity, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes[hash(text)]
	delete(s.codes, hash(text))
	if !ok || s.cfg.Clock().After(c.until) || subtle.ConstantTimeCompare([]byte(hash(verifier)), []byte(c.challenge)) != 1 {
		return Identity{}, ErrFlow
	}
	return c.identity, nil
}

// hash is the S256 of RFC 7636.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// room makes room for one more and reports whether there is.
func room[T any](m map[string]T, until func(T) time.Time, now time.Time) bool {
	if len(m) < most {
		return true
	}
	for key, v := range m {
		if now.After(until(v)) {
			delete(m, key)
		}
	}
	return len(m) < most
}

// identify trades the provider's code for an ID token and checks it.
func (s *Service) identify(ctx context.Context, f flow, c Callback) (Identity, error) {
	p := s.providers[f.provider]
	if c.Error != "" || c.Issuer != "" && c.Issuer != p.Issuer {
		return Identity{}, ErrRefused
	}
	client, found, err := s.client(ctx, p)
	if err != nil {
		return Identity{}, err
	}
	tokens, err := client.Exchange(context.WithValue(ctx, oauth2.HTTPClient, s.http), c.Code, oauth2.VerifierOption(f.verifier))
	var said *oauth2.RetrieveError
	switch {
	case errors.As(err, &said):
		return Identity{}, ErrRefused
	case err != nil:
		return Identity{}, fmt.Errorf("%w: %w", ErrDown, err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	token, err := found.Verifier(&gooidc.Config{ClientID: p.ClientID, Now: s.cfg.Clock}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.nonce)) != 1 || token.Subject == "" || len(token.Subject) > 255 {
		return Identity{}, ErrRefused
	}
	var claims struct {
		Email    string `json:"email"`
		Username string `json:"preferred_username"`
		Name     string `json:"name"`
	}
	if err := token.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	label := claims.Email
	for _, other := range []string{claims.Username, claims.Name} {
		if label == "" {
			label = other
		}
	}
	return Identity{Provider: p.Name, Subject: token.Subject, Label: clean(label)}, nil
}

// clean makes a label of at most 64 printable characters.
func clean(label string) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.ToValidUTF8(label, "") {
		if n == 64 {
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			n++
		}
	}
	return b.String()
}

// client is how the provider is spoken to, once it has said where its doors are.
func (s *Service) client(ctx context.Context, p *provider) (oauth2.Config, *gooidc.Provider, error) {
	found, err := s.discover(ctx, p)
	if err != nil {
		return oauth2.Config{}, nil, err
	}
	return oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: found.Endpoint(),
		RedirectURL: s.cfg.BaseURL + "/" + p.Name + "/callback", Scopes: []string{gooidc.ScopeOpenID, "email", "profile"},
	}, found, nil
}
