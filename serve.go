package skirmish

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/skirmish-dev/skirmish/game"
)

// serveCmd is the flags of serve. What a flag means is said by its help and by the field of Config that it becomes.
type serveCmd struct {
	Listen         string        `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Public address (${default})."`
	AdminListen    string        `default:"127.0.0.1:8081" placeholder:"HOST:PORT" help:"Address of metrics and profiles (${default})."`
	AdminToken     string        `placeholder:"TOKEN" help:"Bearer token that admin requests must carry; required off loopback."`
	Data           string        `default:"skirmish-data" placeholder:"DIR" help:"Folder of the secrets and, without --db, the database (${default})."`
	DB             string        `name:"db" placeholder:"postgres://..." help:"PostgreSQL database; without it SQLite in --data. Give it by SKIRMISH_DB when it has a password."`
	SMTP           string        `name:"smtp" placeholder:"smtp://..." help:"Mail server, smtp://user:password@host:587 or smtps://. Without it e-mails become files in --data. Give it by SKIRMISH_SMTP when it has a password."`
	MailFrom       string        `placeholder:"ADDRESS" help:"Who e-mails come from; required with --smtp."`
	Modes          string        `placeholder:"DIR" help:"Folder of JSON files, one for each mode that players queue for; see docs/matchmaking.md. Without it each game has one of its match size."`
	OIDC           string        `name:"oidc" placeholder:"FILE" help:"JSON file with the OpenID providers to sign in with."`
	Static         string        `placeholder:"DIR" help:"Folder to serve at / instead of the demo."`
	CSP            *string       `name:"csp" placeholder:"POLICY" help:"Content-Security-Policy of --static; empty sends none. Without it a game may load its own assets, and no inline script runs."`
	TickRate       int           `default:"0" help:"Ticks per second for all games; 0 leaves it to them."`
	PublicURL      string        `name:"public-url" placeholder:"URL" help:"Where browsers reach the server, when that is not --listen."`
	AllowedOrigins []string      `placeholder:"ORIGIN,..." help:"Other sites whose pages may use the server."`
	TrustedProxies []string      `placeholder:"NET,..." help:"Networks whose X-Forwarded-For is believed, such as 10.0.0.0/8."`
	Transport      string        `placeholder:"poller|portable" help:"How players' sockets are served. Without it the poller where it can be used: on Linux, without TLS."`
	TLSCert        string        `name:"tls-cert" placeholder:"FILE" help:"Certificate chain (PEM) to serve https with; needs --tls-key and --public-url."`
	TLSKey         string        `name:"tls-key" placeholder:"FILE" help:"Key of --tls-cert (PEM)."`
	MaxRooms       int           `default:"1000" help:"Rooms at a time."`
	GuestRate      int           `default:"50" help:"New guests per second, all addresses together; forty times as many may come at once."`
	RealTime       bool          `help:"Let ticks run before every other program of the machine; needs CAP_SYS_NICE or a limit for real-time priorities."`
	AdmitLateness  time.Duration `default:"10ms" help:"How late ticks may begin (99th percentile) before new rooms and players are refused; 0 never refuses (${default})."`
	HangAfter      time.Duration `default:"1s" help:"How long a step of a game may take before its room is given up (${default})."`
	TraceOverruns  bool          `help:"Keep the last seconds of Go's execution trace, and write them to --data when a step takes longer than its period."`
	LogLevel       zapcore.Level `default:"info" help:"debug, info, warn or error."`
}

// Run serves until ctx is done.
func (c *serveCmd) Run(ctx context.Context, games []*game.Def, io stdio) error {
	cfg, err := c.config(games)
	if err != nil {
		return startError{err}
	}
	tuneRuntime()
	s, err := newServer(ctx, cfg, newLog(io.err, cfg.LogLevel))
	if err != nil {
		return startError{err}
	}
	fmt.Fprintf(io.out, "Skirmish is running. Open %s to play. (metrics: http://%s/metrics, Ctrl-C stops)\n", s.url, s.adminAddr)
	return s.run(ctx)
}

// config is what the flags say.
func (c *serveCmd) config(games []*game.Def) (Config, error) {
	cfg := Config{
		Games: games, Listen: c.Listen, AdminListen: c.AdminListen, AdminToken: c.AdminToken,
		DataDir: c.Data, DatabaseURL: c.DB, StaticDir: c.Static, StaticCSP: c.CSP,
		SMTP: c.SMTP, MailFrom: c.MailFrom, OIDCFile: c.OIDC, ModesDir: c.Modes,
		PublicURL: c.PublicURL, AllowedOrigins: c.AllowedOrigins,
		Transport: c.Transport, TLSCert: c.TLSCert, TLSKey: c.TLSKey,
		MaxRooms: c.MaxRooms, GuestRate: c.GuestRate, HashCommand: hashCommand(),
		TickRate: c.TickRate, RealTime: c.RealTime, AdmitLateness: c.AdmitLateness, HangAfter: c.HangAfter, TraceOverruns: c.TraceOverruns,
		LogLevel: c.LogLevel,
	}
	for _, text := range c.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return Config{}, fmt.Errorf("--trusted-proxies %q: give networks such as 10.0.0.0/8", text)
		}
		cfg.TrustedProxies = append(cfg.TrustedProxies, p)
	}
	return cfg, nil
}

// tuneRuntime sets what a server with ticks needs of the Go runtime, unless the environment says otherwise.
func tuneRuntime() {
	if os.Getenv("GOGC") == "" {
		// A tick allocates nothing, so that the collector runs rarely, and a connection costs what it holds by this much more.
		debug.SetGCPercent(25)
	}
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == 1 {
		// With one processor, too, the kernel decides whether a tick or a request runs, and it lets the one in that slept until now.
		// Go's own timers are a millisecond late.
		runtime.GOMAXPROCS(2)
	}
}
