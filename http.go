package skirmish

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/httpguard"
)

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
