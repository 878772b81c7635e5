package skirmish

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/netcode/conn"
	"github.com/skirmish-dev/skirmish/netcode/msg"
)

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

// sampled bounds what clients can make the server write: of each message the first 200 lines of a second and then one in a hundred.
func sampled(log *zap.Logger) *zap.Logger {
	return log.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(c, time.Second, 200, 100)
	}))
}
