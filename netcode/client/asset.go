package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// ErrNoAsset is what Asset returns for a name that HELLO does not know.
var ErrNoAsset = errors.New("client: the game has no such asset")

// Asset fetches an asset of the game by its name and checks its hash. Call it once HELLO has come (ConnOptions.OnHello says when).
// The error is ErrNoAsset, wraps ErrProtocol when the bytes are not those that HELLO named, or is the network's. It keeps nothing.
func (c *Conn) Asset(ctx context.Context, name string) ([]byte, error) {
	for _, a := range c.Assets {
		if a.Name == name {
			return c.fetch(ctx, a)
		}
	}
	return nil, ErrNoAsset
}

// fetch gets an asset from beside the URL that was dialled, PROTOCOL.md section 5.
func (c *Conn) fetch(ctx context.Context, a msg.Asset) ([]byte, error) {
	u, err := url.Parse(c.url)
	if err != nil {
		return nil, fmt.Errorf("client: asset %q: %w", a.Name, err)
	}
	u.Scheme = strings.Replace(u.Scheme, "ws", "http", 1)
	u = u.JoinPath("..", "assets", hex.EncodeToString(a.Hash[:]))
	u.RawQuery = ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("client: asset %q: %w", a.Name, err)
	}
	// A transport of its own: none of the process' cookies, proxies or kept connections.
	t := &http.Transport{DialContext: c.opt.NetDial, DisableKeepAlives: true, ResponseHeaderTimeout: 10 * time.Second}
	res, err := t.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("client: asset %q: %w", a.Name, err)
	}
	defer func() { _ = res.Body.Close() }() // all that matters has been read
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("client: asset %q: the server answered %s", a.Name, res.Status)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, int64(a.Size)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("client: asset %q: %w", a.Name, err)
	case len(data) != a.Size || sha256.Sum256(data) != a.Hash:
		return nil, fmt.Errorf("%w: asset %q is not what HELLO has named", ErrProtocol, a.Name)
	}
	return data, nil
}
