package skirmish

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// Config configures a server.
type Config struct {
	// Games to serve; at least one.
	Games []*game.Def
	// Listen is the public address, "host:port". Zero means 127.0.0.1:8080; port 0 picks a free one.
	Listen string
	// AdminListen is the address of metrics and profiles. Zero means 127.0.0.1:8081. Off loopback AdminToken is required.
	AdminListen string
	// AdminToken, when set, must come as "Authorization: Bearer" with every admin request.
	AdminToken string
	// DataDir holds the database and the secrets, made at first start. Zero means skirmish-data in the working folder.
	DataDir string
	// DatabaseURL is the address of a PostgreSQL database, "postgres://user:password@host/name". Zero means SQLite in DataDir.
	DatabaseURL string
	// SMTP is the mail server, "smtp://user:password@host:587" or "smtps://...". Zero means that e-mails become files in DataDir.
	SMTP string
	// MailFrom is who e-mails come from, "Game <noreply@game.example>". Required with SMTP.
	MailFrom string
	// OIDCFile names a JSON file with the OpenID providers to sign in with and the pages to return to; see docs/accounts.md.
	OIDCFile string
	// ModesDir is a folder of JSON files, one for each mode that players queue for; see docs/matchmaking.md. Zero means that each game
	// with a match size has one mode of it.
	ModesDir string
	// StaticDir is a folder whose files are served at / instead of the demo. /skirmish.js, the browser client, is there
	// in any case.
	StaticDir string
	// StaticCSP is the Content-Security-Policy of StaticDir's files; nil means one that lets a game load its own assets, workers and WebAssembly
	// and no inline script. "" sends none.
	StaticCSP *string
	// TickRate overrides the games' own. Zero means it does not.
	TickRate int
	// PublicURL is where browsers reach the server, when that is not Listen: "https://game.example".
	PublicURL string
	// AllowedOrigins are other sites whose pages may use the server.
	AllowedOrigins []string
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Transport serves the players' sockets: "poller" (Linux, no TLS) or "portable". Zero means the poller where it can be used.
	Transport string
	// TLSCert and TLSKey are PEM files; with both the public listener speaks TLS, and PublicURL must be https. Zero means it does not.
	TLSCert, TLSKey string
	// MaxRooms at a time. Zero means 1000.
	MaxRooms int
	// HashCommand is a program with arguments that computes password hashes, as the command hash-worker does. Zero means that the server
	// computes them itself.
	HashCommand []string
	// TraceOverruns writes the last seconds of the runtime's trace to DataDir when a step takes longer than its period.
	TraceOverruns bool
	// RealTime makes ticks run before everything else on the machine; see game.HostConfig.
	RealTime bool
	// AdmitLateness is how late ticks may begin (99th percentile) before nobody new is taken. Zero means that lateness turns nobody away.
	AdmitLateness time.Duration
	// HangAfter is how long a step may take before its room is given up. Zero means 1 s.
	HangAfter time.Duration
	// GuestRate is how many new guests a second may sign in, over all addresses, and forty times as many at once. Zero means 50.
	GuestRate int
	// LogLevel of the log on standard error.
	LogLevel zapcore.Level
	// DrainTimeout bounds the good-bye to the players at the end. Zero means 8 s.
	DrainTimeout time.Duration
}

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
	}
	if c.AdminListen == "" {
		c.AdminListen = "127.0.0.1:8081"
	}
	if c.DataDir == "" {
		c.DataDir = "skirmish-data"
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = 8 * time.Second
	}
	if c.GuestRate == 0 {
		c.GuestRate = 50
	}
	return c
}

// Validate reports the first value that cannot work and says how to mend it. The parts have rules of their own, checked
// when they are made.
func (c Config) Validate() error {
	c = c.withDefaults()
	if len(c.Games) == 0 {
		return errors.New("no games: call skirmish.Main with at least one")
	}
	for _, a := range []struct{ flag, addr string }{{"--listen", c.Listen}, {"--admin-listen", c.AdminListen}} {
		if _, _, err := net.SplitHostPort(a.addr); err != nil {
			return fmt.Errorf("%s %q: give host:port, such as 127.0.0.1:8080", a.flag, a.addr)
		}
	}
	if c.AdminToken == "" && !loopback(c.AdminListen) {
		return fmt.Errorf("--admin-listen %s is not a loopback address: set --admin-token to open metrics and profiles to the network", c.AdminListen)
	}
	if c.TickRate != 0 {
		if _, err := c.games(); err != nil {
			return fmt.Errorf("--tick-rate %d: 1 to 128 ticks per second fit", c.TickRate)
		}
	}
	if c.StaticDir != "" && inside(c.DataDir, c.StaticDir) {
		return fmt.Errorf("--data %s lies inside --static %s: its keys would be public; serve a folder of its own", c.DataDir, c.StaticDir)
	}
	if err := c.validateSockets(); err != nil {
		return err
	}
	if c.MaxRooms < 0 || c.DrainTimeout < 0 || c.GuestRate < 0 || c.AdmitLateness < 0 || c.HangAfter < 0 {
		return errors.New("--max-rooms, --guest-rate, --admit-lateness, --hang-after and the drain timeout cannot be negative")
	}
	return nil
}

func (c Config) validateSockets() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key go together: give both, or neither")
	case c.tls() && !strings.HasPrefix(c.PublicURL, "https://"):
		return errors.New("--tls-cert: say which name the certificate is for, with --public-url https://NAME[:PORT]")
	}
	switch c.Transport {
	case "", transportPortable:
		return nil
	case transportPoller:
		if c.tls() {
			return errors.New("--transport poller cannot serve TLS: leave the flag out, or end TLS in a proxy")
		}
		if !conn.HasPoller {
			return errors.New("--transport poller is for Linux on amd64 and arm64: leave the flag out")
		}
		return nil
	}
	return fmt.Errorf("--transport %s: give poller or portable", c.Transport)
}

// What Config.Transport may say.
const (
	transportPoller   = "poller"
	transportPortable = "portable"
)

func (c Config) tls() bool { return c.TLSCert != "" }

// transport is the one that is used.
func (c Config) transport() string {
	if c.Transport == "" && (c.tls() || !conn.HasPoller) {
		return transportPortable
	}
	return cmp.Or(c.Transport, transportPoller)
}

// csp is the policy of the files of StaticDir. Unlike the demo's it allows what game engines do, but still no script that a name or a chat line could
// smuggle into the page.
func (c Config) csp() string {
	if c.StaticCSP != nil {
		return *c.StaticCSP
	}
	return "default-src 'self' data: blob:; script-src 'self' blob: 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; connect-src *; base-uri 'self'"
}

// games are the games at the tick rate asked for.
func (c Config) games() ([]*game.Def, error) {
	if c.TickRate == 0 {
		return c.Games, nil
	}
	var list []*game.Def
	for _, g := range c.Games {
		g, err := g.WithTickRate(c.TickRate)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}

// inside reports whether path is dir or below it, links followed as far as they exist.
func inside(path, dir string) bool {
	real := func(p string) string {
		abs, err := filepath.Abs(p)
		if err != nil {
			return p
		}
		for rest := ""; ; {
			if r, err := filepath.EvalSymlinks(abs); err == nil {
				return filepath.Join(r, rest)
			}
			abs, rest = filepath.Dir(abs), filepath.Join(filepath.Base(abs), rest)
		}
	}
	rel, err := filepath.Rel(real(dir), real(path))
	return err == nil && filepath.IsLocal(rel)
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
