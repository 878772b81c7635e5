package skirmish

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/store"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

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
	cfg := Config{
		Games: games, Listen: c.Listen, AdminListen: c.AdminListen, AdminToken: c.AdminToken, DataDir: c.Data, DatabaseURL: c.DB, StaticDir: c.Static, StaticCSP: c.CSP, TickRate: c.TickRate,
		PublicURL: c.PublicURL, AllowedOrigins: c.AllowedOrigins, Transport: c.Transport, TLSCert: c.TLSCert, TLSKey: c.TLSKey,
		MaxRooms: c.MaxRooms, GuestRate: c.GuestRate, RealTime: c.RealTime, AdmitLateness: c.AdmitLateness, HangAfter: c.HangAfter, TraceOverruns: c.TraceOverruns, LogLevel: c.LogLevel,
	}
	cfg.HashCommand = hashCommand()
	cfg.SMTP, cfg.MailFrom, cfg.OIDCFile, cfg.ModesDir = c.SMTP, c.MailFrom, c.OIDC, c.Modes
	for _, text := range c.TrustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return startError{fmt.Errorf("--trusted-proxies %q: give networks such as 10.0.0.0/8", text)}
		}
		cfg.TrustedProxies = append(cfg.TrustedProxies, p)
	}
	if os.Getenv("GOGC") == "" {
		// A tick allocates nothing, so that the collector runs rarely, and a connection costs what it holds by this much more.
		debug.SetGCPercent(25)
	}
	if os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) == 1 {
		// With one processor, too, the kernel decides whether a tick or a request runs, and it lets the one in that slept until now.
		// Go's own timers are a millisecond late.
		runtime.GOMAXPROCS(2)
	}
	s, err := newServer(ctx, cfg, newLog(io.err, cfg.LogLevel))
	if err != nil {
		return startError{err}
	}
	fmt.Fprintf(io.out, "Skirmish is running. Open %s to play. (metrics: http://%s/metrics, Ctrl-C stops)\n", s.url, s.adminAddr)
	return s.run(ctx)
}

// newLog writes lines for people on a terminal and JSON everywhere else.
func newLog(w io.Writer, level zapcore.Level) *zap.Logger {
	enc := zap.NewProductionEncoderConfig()
	enc.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder := zapcore.NewJSONEncoder(enc)
	if f, ok := w.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
			encoder = zapcore.NewConsoleEncoder(enc)
		}
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(w)), level))
}

// spareFiles are descriptors that connections leave to the database, the log and the files being served.
const spareFiles = 256

// server is everything of one process.
type server struct {
	cfg       Config
	log       *zap.Logger
	url       string // for the browser
	addr      string // public listener
	adminAddr string
	host      *game.Host
	lobby     *lobby.Lobby
	store     *store.Store
	keys      *token.Keyring
	public    *http.Server
	admin     *http.Server
	listeners [2]net.Listener
	static    *os.Root  // of --static; nil: the demo is served
	overruns  *overruns // nil: they are not traced
	draining  atomic.Bool
}

// newServer opens everything that can fail; what it returns is listening and must be run.
func newServer(ctx context.Context, cfg Config, log *zap.Logger) (s *server, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s = &server{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.closeAll())
			s = nil
		}
	}()
	for i, a := range []struct{ flag, addr string }{{"--listen", cfg.Listen}, {"--admin-listen", cfg.AdminListen}} {
		if s.listeners[i], err = new(net.ListenConfig).Listen(ctx, "tcp", a.addr); err != nil {
			return s, fmt.Errorf("%s %s: %w; choose another address with %s", a.flag, a.addr, err, a.flag)
		}
	}
	for i, l := range s.listeners {
		limit := httpguard.ListenerConfig{TrustedProxies: cfg.TrustedProxies, Spare: spareFiles, Logger: log}
		if cfg.transport() == transportPoller {
			limit.Spare += cmp.Or(cfg.MaxRooms, 1000) // each has an epoll set
		}
		if s.listeners[i], err = httpguard.Limit(l, limit); err != nil {
			return s, err
		}
	}
	s.addr, s.adminAddr = s.listeners[0].Addr().String(), s.listeners[1].Addr().String()
	s.url = cfg.PublicURL
	if s.url == "" {
		s.url = "http://" + s.addr
		if tcp, ok := s.listeners[0].Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
			s.url = fmt.Sprintf("http://127.0.0.1:%d", tcp.Port) // and every other address of this machine
		}
	}
	keys, err := token.LoadKeyring(filepath.Join(cfg.DataDir, "keys"), time.Now())
	if err != nil {
		return s, fmt.Errorf("--data %s: %w", cfg.DataDir, err)
	}
	if s.store, err = store.Open(ctx, store.Config{Dir: cfg.DataDir, URL: cfg.DatabaseURL}); err != nil {
		return s, err
	}
	s.keys = keys
	if err := s.wire(keys); err != nil {
		return s, err
	}
	return s, s.handlers()
}

// wire makes host and lobby and joins them.
func (s *server) wire(keys *token.Keyring) error {
	games, err := s.cfg.games()
	if err != nil {
		return err
	}
	tokens := token.Config{Keys: keys}
	signer, err := token.NewSigner(tokens)
	if err != nil {
		return err
	}
	verifier, err := token.NewVerifier(tokens)
	if err != nil {
		return err
	}
	var told func(game.Overrun)
	if s.cfg.TraceOverruns {
		if s.overruns, err = startOverruns(filepath.Join(s.cfg.DataDir, "traces"), s.log); err != nil {
			return err
		}
		told = s.overruns.offer
	}
	s.host, err = game.NewHost(game.HostConfig{
		NewTransport: s.newTransport, Games: games, Signer: signer, Verifier: verifier, MaxRooms: s.cfg.MaxRooms, Log: sampled(s.log),
		RealTime: s.cfg.RealTime, AdmitLateness: s.cfg.AdmitLateness, HangAfter: s.cfg.HangAfter, OnOverrun: told,
		// The lobby is made after the host, which needs it only once a match has ended.
		OnResult: func(ctx context.Context, id string, r game.MatchResult) error {
			return recordResult(s.lobby, time.Now)(ctx, id, r)
		},
	})
	if err != nil {
		return err
	}
	a := allocator{s.host}
	sender, err := s.cfg.mailSender(s.log)
	if err != nil {
		return err
	}
	signIn, err := s.cfg.readOIDC()
	if err != nil {
		return err
	}
	modes, err := s.cfg.readModes()
	if err != nil {
		return err
	}
	s.lobby, err = lobby.New(lobby.Config{
		Modes: modes, HashCommand: s.cfg.HashCommand, ResultsFile: filepath.Join(s.cfg.DataDir, "results"),
		Store: s.store, Keys: keys, Allocator: a, Directory: a, Kicker: a, Mail: sender, OIDC: signIn.Providers, ReturnTo: signIn.ReturnTo, PublicURL: s.cfg.PublicURL, ListenAddr: s.addr,
		Protocol: msg.Version, Version: version(), Logger: s.log,
		Limits: lobby.Limits{
			GuestsTotal: limit.Rate{Burst: 40 * s.cfg.GuestRate, Every: time.Second / time.Duration(s.cfg.GuestRate)},
		},
	})
	return err
}

// newTransport makes the transport of a room.
func (s *server) newTransport(cfg conn.Config) conn.Transport {
	if s.cfg.transport() == transportPortable {
		return conn.NewPortable(cfg)
	}
	return conn.Best(cfg)
}

// handlers puts the routes behind their guards.
func (s *server) handlers() error {
	page, err := s.page()
	if err != nil {
		return err
	}
	log := sampled(s.log)
	mux := http.NewServeMux()
	mux.Handle("/v1/play", httpguard.Only(s.host, http.MethodGet))
	read := []string{http.MethodGet, http.MethodHead}
	mux.Handle("/v1/assets/", httpguard.Only(http.HandlerFunc(s.host.ServeAsset), read...))
	for _, path := range []string{"/v1/", "/docs", "/docs/"} {
		mux.Handle(path, s.lobby.Handler())
	}
	mux.Handle("/healthz", httpguard.Only(http.HandlerFunc(alive), read...))
	mux.Handle("/readyz", httpguard.Only(http.HandlerFunc(s.ready), read...))
	mux.Handle("/", page)
	public, err := httpguard.New(httpguard.Config{
		PublicURL: s.cfg.PublicURL, ListenAddr: s.addr, AllowedOrigins: s.cfg.AllowedOrigins, TrustedProxies: s.cfg.TrustedProxies, Logger: log,
	})
	if err != nil {
		return err
	}
	admin, err := httpguard.New(httpguard.Config{
		ListenAddr: s.adminAddr, RefusePages: true, Logger: log.WithOptions(zap.IncreaseLevel(zap.WarnLevel)),
	})
	if err != nil {
		return err
	}
	if s.public, err = httpServer(public.Wrap(mux), log); err != nil {
		return err
	}
	if s.admin, err = httpServer(admin.Wrap(adminHandler(s.host, newRegistry(s.host, s.lobby.ResultsWaiting), s.cfg.AdminToken)), log); err != nil {
		return err
	}
	s.admin.WriteTimeout = profileMost + 30*time.Second
	return s.useTLS()
}

// requestsPerConn is how many requests, streams of events among them, a client has under way on one HTTP/2 connection.
const requestsPerConn = 100

// useTLS reads the certificate, if there is one.
func (s *server) useTLS() error {
	if !s.cfg.tls() {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(s.cfg.TLSCert, s.cfg.TLSKey)
	if err != nil {
		return fmt.Errorf("--tls-cert %s, --tls-key %s: %w; give a PEM chain and its key", s.cfg.TLSCert, s.cfg.TLSKey, err)
	}
	s.public.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	// Requests share a connection over HTTP/2. A WebSocket is not opened over it: browsers open one of HTTP/1.1 for it, unless the server
	// offers RFC 8441, which net/http does not.
	s.public.Protocols, s.public.HTTP2 = new(http.Protocols), &http.HTTP2Config{MaxConcurrentStreams: requestsPerConn}
	s.public.Protocols.SetHTTP1(true)
	s.public.Protocols.SetHTTP2(true)
	return nil
}

// servePublic accepts on the public listener until the server is shut down.
func (s *server) servePublic() error {
	if s.cfg.tls() {
		return s.public.ServeTLS(s.listeners[0], "", "")
	}
	return s.public.Serve(s.listeners[0])
}

// sampled bounds what clients can make the server write: of each message the first 200 lines of a second and then one in a hundred.
func sampled(log *zap.Logger) *zap.Logger {
	return log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(c, time.Second, 200, 100)
	}))
}

// httpServer has the limits that net/http leaves open.
func httpServer(h http.Handler, log *zap.Logger) (*http.Server, error) {
	errorLog, err := zap.NewStdLogAt(log, zap.WarnLevel)
	if err != nil {
		return nil, err
	}
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute, // above the longest poll
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          errorLog,
	}, nil
}

// alive says that the process answers.
func alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintln(w, "ok")
}

// ready says whether new players should be sent here.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case s.draining.Load():
		http.Error(w, "going down", http.StatusServiceUnavailable)
	case s.store.Ping(r.Context()) != nil:
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ready")
	}
}

// run serves until ctx is done, then says good-bye to the players and closes everything.
func (s *server) run(ctx context.Context) error {
	failed := make(chan error, 2)
	go func() { failed <- s.servePublic() }()
	go func() { failed <- s.admin.Serve(s.listeners[1]) }()
	s.log.Info("serving", zap.String("addr", s.addr), zap.String("admin_addr", s.adminAddr),
		zap.String("transport", s.cfg.transport()), zap.String("version", version()))
	tidied := make(chan struct{})
	tidy, stop := context.WithCancel(ctx)
	go func() {
		defer close(tidied)
		if s.overruns != nil {
			var traced sync.WaitGroup
			defer traced.Wait()
			traced.Go(func() { s.overruns.run(tidy) })
		}
		s.tend(tidy)
	}()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop()
	<-tidied
	s.draining.Store(true)
	s.log.Info("going down")
	drain, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	err = errors.Join(err, s.host.Drain(drain, time.Second))
	s.lobby.Close() // long polls are answered
	last, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, srv := range []*http.Server{s.public, s.admin} {
		if srv.Shutdown(last) != nil {
			_ = srv.Close() // what takes longer is cut
		}
	}
	return errors.Join(err, s.closeAll())
}

// closeAll closes what newServer has opened, in the reverse order. Safe when only half of it is there.
func (s *server) closeAll() error {
	var errs []error
	started := s.draining.Load() // then run has ended host and lobby
	if s.host != nil && !started {
		ctx, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
		defer cancel()
		errs = append(errs, s.host.Drain(ctx, 0))
	}
	if s.lobby != nil && !started {
		s.lobby.Close()
	}
	if s.overruns != nil {
		s.overruns.recorder.Stop()
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.static != nil {
		errs = append(errs, s.static.Close())
	}
	for _, l := range s.listeners {
		if l == nil {
			continue
		}
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
