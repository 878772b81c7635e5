package lobby

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/auth/oidc"
	"github.com/skirmish-dev/skirmish/lobby/limit"
	"github.com/skirmish-dev/skirmish/lobby/mail"
	"github.com/skirmish-dev/skirmish/lobby/match"
	"github.com/skirmish-dev/skirmish/lobby/store"
)

// Config is what New needs.
type Config struct {
	Store     *store.Store   // required; the caller closes it after the lobby
	Keys      *token.Keyring // required; its access keys sign access tokens
	Allocator Allocator      // required
	Directory Directory      // required

	// Kicker closes the sockets of an account whose sessions have ended. Zero means that they stay open: for a lobby without games.
	Kicker Kicker
	// Mail takes e-mails on their way. Zero means that there are none: nobody can confirm an address or reset a password.
	Mail mail.Sender

	// OIDC is the providers that players may sign in with. Zero means none.
	OIDC []oidc.Provider
	// ReturnTo lists the pages that a sign-in at a provider may end on, compared whole. Zero means the start page of PublicURL.
	ReturnTo []string

	// PublicURL is where browsers reach the server: "http://host[:port]" or "https://host[:port]", without a path. Join URLs are
	// built from it alone, never from a request. Zero means http on ListenAddr.
	PublicURL string
	// ListenAddr is the public listener's "host:port" after listening. Required when PublicURL is empty. An address that stands
	// for every interface becomes 127.0.0.1: only PublicURL can say more.
	ListenAddr string

	// Modes are what players can queue for. Zero means, as for each game that has none here, one mode of the game's match size.
	Modes []match.Mode
	// ResultsFile keeps results of matches while the database is not available, up to 4 MiB of them. Zero means that RecordResult fails
	// then, and its caller has to come again.
	ResultsFile string
	// HashCommand is a program with arguments that computes password hashes, by password.Serve; it is started when there is one to compute.
	// Zero means that this process computes them.
	HashCommand []string

	Protocol int              // version of the wire protocol, shown in GET /v1/config; required, at least 1
	Version  string           // server version for the OpenAPI document; zero means "dev"
	Issuer   string           // iss of access tokens; zero means "skirmish"
	Clock    func() time.Time // zero means time.Now
	Logger   *zap.Logger      // zero means no log
	Limits   Limits
}

// Limits bounds what clients can make the lobby hold or do. Zero in any field means the default named there.
type Limits struct {
	Guests          limit.Rate    // sign-ins per IPv4 or IPv6 /64; zero means burst 200, then one per second
	GuestsTotal     limit.Rate    // sign-ins in the process; zero means burst 2000, then 50 per second
	Refreshes       limit.Rate    // refreshes and sign-outs per IPv4 or IPv6 /64; zero means burst 400, then 20 per second
	UnseatedGuests  int           // guests without a seat that are kept, oldest go first; zero means 50 000
	Logins          limit.Rate    // sign-ins with a password per IPv4 or IPv6 /64; zero means burst 100, then one per second
	LoginTries      limit.Rate    // the same for one e-mail address from one network; zero means burst 10, then one per 30 s
	Mails           limit.Rate    // e-mails asked for per IPv4 or IPv6 /64; zero means burst 20, then one per minute
	MailsTo         limit.Rate    // e-mails to one address; zero means burst 3, then one per 20 min
	Account         limit.Rate    // requests with a Bearer token per account; zero means burst 60, then 5 per second
	Codes           limit.Rate    // attempts of one player at the codes of parties, and at one room; zero means burst 10, then one per 6 s. A network has twenty times as many
	Lists           limit.Rate    // searches of the room list that nobody else has asked for, per IPv4 or IPv6 /64; zero means burst 60, then 10 per second
	Parties         int           // at a time; zero means 10 000
	RoomsPerAccount int           // rooms that one account made and that run at once; zero means 5
	RoomsPerNetwork int           // the same per IPv4 or IPv6 /64 that they were made from; zero means 20
	Tickets         int           // tickets held at once; zero means 10 000
	Readers         int           // event streams and polls at once; zero means 20 000
	Waiters         int           // long polls held at once, above which they answer at once; zero means 2000
	TicketWait      time.Duration // life of a ticket that finds no match, where its mode does not say; zero means 10 min
	TicketClaim     time.Duration // time to claim a match; zero means 30 s
}

// Validate reports the first missing or unusable field, naming it.
func (c Config) Validate() error {
	switch {
	case c.Store == nil:
		return errors.New("lobby: Config.Store is missing; open one with store.Open")
	case c.Keys == nil:
		return errors.New("lobby: Config.Keys is missing; load one with token.LoadKeyring")
	case c.Allocator == nil:
		return errors.New("lobby: Config.Allocator is missing")
	case c.Directory == nil:
		return errors.New("lobby: Config.Directory is missing")
	case c.Protocol < 1:
		return fmt.Errorf("lobby: Config.Protocol is %d, want at least 1", c.Protocol)
	case c.Limits.Readers < 0:
		return fmt.Errorf("lobby: Limits.Readers is %d, want none negative", c.Limits.Readers)
	case c.Limits.RoomsPerAccount < 0 || c.Limits.RoomsPerNetwork < 0:
		return fmt.Errorf("lobby: Limits.RoomsPerAccount is %d and RoomsPerNetwork %d, want neither negative",
			c.Limits.RoomsPerAccount, c.Limits.RoomsPerNetwork)
	}
	_, err := c.baseURL()
	return err
}

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Logger == nil {
		c.Logger = zap.NewNop()
	}
	if c.Mail == nil {
		c.Mail = noMail{}
	}
	if c.Version == "" {
		c.Version = "dev"
	}
	if c.Limits.Account == (limit.Rate{}) {
		c.Limits.Account = limit.Rate{Burst: 60, Every: 200 * time.Millisecond}
	}
	if c.Limits.Readers == 0 {
		c.Limits.Readers = 20_000
	}
	if c.Limits.Codes == (limit.Rate{}) {
		c.Limits.Codes = limit.Rate{Burst: 10, Every: 6 * time.Second}
	}
	if c.Limits.Lists == (limit.Rate{}) {
		c.Limits.Lists = limit.Rate{Burst: 60, Every: 100 * time.Millisecond}
	}
	if c.Limits.RoomsPerAccount == 0 {
		c.Limits.RoomsPerAccount = 5
	}
	if c.Limits.RoomsPerNetwork == 0 {
		c.Limits.RoomsPerNetwork = 20
	}
	return c
}

// noMail is the Sender of a lobby that has none.
type noMail struct{}

func (noMail) Send(context.Context, mail.Mail) error {
	return errors.New("lobby: there is no way to send e-mails; set Config.Mail")
}

// baseURL is the address of the server as browsers see it: scheme and host only.
func (c Config) baseURL() (*url.URL, error) {
	if c.PublicURL == "" {
		return listenURL(c.ListenAddr)
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("lobby: --public-url: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" ||
		u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("lobby: --public-url is %q, want http://host[:port] or https://host[:port] and nothing after it",
			c.PublicURL)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func listenURL(addr string) (*url.URL, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("lobby: Config.ListenAddr is %q, want host:port, or set --public-url: %w", addr, err)
	}
	if everyInterface(addr) {
		host = "127.0.0.1"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}, nil
}

// everyInterface reports whether an address to listen on stands for all of the machine's.
func everyInterface(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}
