package skirmish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/game"
	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/auth/oidc"
	"github.com/skirmish-dev/skirmish/lobby/mail"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// mailSender is the way out of e-mails.
func (c Config) mailSender(log *zap.Logger) (mail.Sender, error) {
	if c.SMTP == "" {
		return mail.Files{Dir: filepath.Join(c.DataDir, "mail"), Log: log}, nil
	}
	if c.MailFrom == "" {
		return nil, errors.New("--smtp needs --mail-from: the address that players see, such as noreply@game.example")
	}
	return mail.NewSMTP(c.SMTP, c.MailFrom)
}

// oidcFile is what the file of --oidc holds.
type oidcFile struct {
	Providers []oidc.Provider `json:"providers"`
	ReturnTo  []string        `json:"return_to"` // none: the start page of --public-url
}

// readOIDC reads the providers. The file holds their secrets, so that one that others may read is refused.
func (c Config) readOIDC() (f oidcFile, err error) {
	if c.OIDCFile == "" {
		return f, nil
	}
	info, err := os.Stat(c.OIDCFile)
	if err != nil {
		return f, fmt.Errorf("--oidc: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return f, fmt.Errorf("--oidc %s may be read by others (mode %04o); run chmod 600 on it", c.OIDCFile, info.Mode().Perm())
	}
	text, err := os.ReadFile(c.OIDCFile)
	if err != nil {
		return f, fmt.Errorf("--oidc: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return f, fmt.Errorf("--oidc %s: %w", c.OIDCFile, err)
	}
	return f, nil
}

// tend does until ctx is done what nobody asks for: every minute the keys are read again and rotated when they are due, every hour
// accounts and sessions that are over are removed.
func (s *server) tend(ctx context.Context) {
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for n := 0; ; n++ {
		if err := s.keys.Refresh(time.Now()); err != nil {
			s.log.Error("the keys could not be read or rotated; those of before go on", zap.Error(err))
		}
		if n%60 == 0 {
			if err := s.lobby.CleanUp(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("accounts and sessions that are over could not be removed; it is tried again in an hour", zap.Error(err))
			}
		}
		select {
		case <-minute.C:
		case <-ctx.Done():
			return
		}
	}
}

// keysCmd looks after the keys that sign tokens.
type keysCmd struct {
	Rotate rotateCmd `cmd:"" help:"Make new keys now. A running server takes them over within a minute; nobody is signed out."`
}

type rotateCmd struct {
	Data string `default:"skirmish-data" placeholder:"DIR" help:"Folder of the server (${default})."`
	Drop bool   `help:"Remove the old keys at once: they may be known to others. Access tokens and seats are void, clients refresh."`
}

// Run adds keys to the folder.
func (c *rotateCmd) Run(_ []*game.Def, io stdio) error {
	if err := token.Rotate(filepath.Join(c.Data, "keys"), time.Now(), c.Drop); err != nil {
		return startError{err}
	}
	_, err := fmt.Fprintln(io.out, "new keys are made; the server takes them over within a minute")
	return err
}

// adminCmd is what only the owner of the data folder may do: there is no way to it over the network.
type adminCmd struct {
	Grant grantCmd `cmd:"" help:"Give an account a role: player, moderator or admin. The server may be running."`
}

type grantCmd struct {
	Player string `arg:"" help:"Account id, as GET /v1/account says it, or the e-mail address."`
	Role   string `required:"" enum:"player,moderator,admin" help:"player, moderator or admin."`
	Data   string `default:"skirmish-data" placeholder:"DIR" help:"Folder of the server (${default})."`
	DB     string `name:"db" placeholder:"postgres://..." help:"The server's PostgreSQL database, if it has one."`
}

// Run changes the role in the store, from where it is read at each request that needs one.
func (c *grantCmd) Run(ctx context.Context, _ []*game.Def, io stdio) (err error) {
	db, err := store.Open(ctx, store.Config{Dir: c.Data, URL: c.DB, Beside: true})
	if err != nil {
		return startError{err}
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	id := c.Player
	if _, account, err := db.Identity(ctx, store.ProviderEmail, c.Player); err == nil {
		id = account.ID
	}
	switch err := db.SetRole(ctx, id, c.Role); {
	case errors.Is(err, store.ErrNotFound):
		return startError{fmt.Errorf("there is no account %q; give the player_id or the confirmed e-mail address in lower case", c.Player)}
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(io.out, "%s is %s now\n", id, c.Role)
	return err
}
