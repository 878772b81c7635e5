package skirmish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/httpguard"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// spareFiles are descriptors that connections leave to the database, the log and the files being served.
const spareFiles = 256

// server is everything of one process.
type server struct {
	// Static after newServer.

	cfg       Config
	log       *zap.Logger
	url       string          // for the browser
	listeners [2]net.Listener // public, admin
	addr      string          // of the public one
	adminAddr string
	keys      *token.Keyring
	store     *store.Store
	host      *game.Host
	lobby     *lobby.Lobby
	public    *http.Server
	admin     *http.Server
	static    *os.Root  // of --static; nil: the demo is served
	overruns  *overruns // nil: they are not traced

	// Set by run, read by requests.

	draining atomic.Bool
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
	if err = s.listen(ctx); err != nil {
		return s, err
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

// listen opens both listeners, limits what they accept, and says where they are.
func (s *server) listen(ctx context.Context) (err error) {
	for i, a := range []struct{ flag, addr string }{{"--listen", s.cfg.Listen}, {"--admin-listen", s.cfg.AdminListen}} {
		if s.listeners[i], err = new(net.ListenConfig).Listen(ctx, "tcp", a.addr); err != nil {
			return fmt.Errorf("%s %s: %w; choose another address with %s", a.flag, a.addr, err, a.flag)
		}
	}
	for i, l := range s.listeners {
		limit := httpguard.ListenerConfig{TrustedProxies: s.cfg.TrustedProxies, Spare: spareFiles, Logger: s.log}
		if s.cfg.transport() == transportPoller {
			limit.Spare += cmp.Or(s.cfg.MaxRooms, 1000) // each has an epoll set
		}
		if s.listeners[i], err = httpguard.Limit(l, limit); err != nil {
			return err
		}
	}
	s.addr, s.adminAddr = s.listeners[0].Addr().String(), s.listeners[1].Addr().String()
	s.url = s.cfg.PublicURL
	if s.url == "" {
		s.url = "http://" + s.addr
		if tcp, ok := s.listeners[0].Addr().(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
			s.url = fmt.Sprintf("http://127.0.0.1:%d", tcp.Port) // and every other address of this machine
		}
	}
	return nil
}

// run serves until ctx is done, then says good-bye to the players and closes everything.
func (s *server) run(ctx context.Context) error {
	failed := make(chan error, 2)
	go func() { failed <- s.servePublic() }()
	go func() { failed <- s.admin.Serve(s.listeners[1]) }()
	s.log.Info("serving", zap.String("addr", s.addr), zap.String("admin_addr", s.adminAddr),
		zap.String("transport", s.cfg.transport()), zap.String("version", version()))
	var tidied sync.WaitGroup
	tidy, stop := context.WithCancel(ctx)
	tidied.Go(func() { s.tend(tidy) })
	if s.overruns != nil {
		tidied.Go(func() { s.overruns.run(tidy) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop()
	tidied.Wait()
	return errors.Join(err, s.shutDown())
}

// shutDown lets the players go first, while the lobby still answers, then the requests under way, and closes everything.
func (s *server) shutDown() error {
	s.draining.Store(true)
	s.log.Info("going down")
	drain, cancel := context.WithTimeout(context.Background(), s.cfg.DrainTimeout)
	defer cancel()
	err := s.host.Drain(drain, time.Second)
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
	started := s.draining.Load() // then shutDown has ended host and lobby
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
