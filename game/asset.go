package game

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

// Asset is a registered piece of data as clients fetch it.
type Asset struct {
	Name string
	Type string // media type
	Hash [sha256.Size]byte
	Data []byte // not to be changed
}

// Asset makes data something that every client of the game can fetch by name: a map, a rule book, a tile set. It never rides in a
// snapshot: the room tells its SHA-256 when a client joins, and clients fetch it once by GET and keep it for as long as they like.
//
// A game has at most 16 assets of at most 16 MiB, each with a name of its own of a-z, 0-9, -, _ and dots inside. The media type
// is that of the name's extension ("map.svg"), and without one that of the content. Every room of the game has the same: register the
// same bytes each time, best those of a go:embed, and do not change them afterwards. What differs from room to room belongs into
// tables or options. Anybody who knows the hash can fetch it, with or without a seat: keep secrets elsewhere.
func (b *Builder) Asset(name string, data []byte) {
	switch {
	case !validName(strings.ReplaceAll(name, ".", ""), msg.MaxAssetName) || len(name) > msg.MaxAssetName ||
		strings.HasPrefix(name, ".") || strings.HasSuffix(name, "."):
		b.fail("asset %q: a name has 1 to %d of a-z, 0-9, -, _ and dots inside", name, msg.MaxAssetName)
	case len(data) > msg.MaxAssetSize:
		b.fail("asset %q: %d bytes; at most %d fit, divide it", name, len(data), msg.MaxAssetSize)
	case len(b.assets) == msg.MaxAssets:
		b.fail("asset %q: %d assets are the most", name, msg.MaxAssets)
	case slices.ContainsFunc(b.assets, func(a *Asset) bool { return a.Name == name }):
		b.fail("asset %q is registered twice", name)
	}
	b.assets = append(b.assets, b.layouts.assets.once(b, name, data))
}

// assetStore hashes each asset once per Def, however many rooms there are.
type assetStore struct {
	mu    sync.Mutex
	known map[string]*Asset // by name
}

func (s *assetStore) once(b *Builder, name string, data []byte) *Asset {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.known[name]; a != nil {
		if !bytes.Equal(a.Data, data) {
			b.fail("asset %q: every room must register the same bytes; what differs belongs into a table", name)
		}
		return a
	}
	a := &Asset{Name: name, Type: mediaType(name, data), Hash: sha256.Sum256(data), Data: data}
	s.known[name] = a
	return a
}

func mediaType(name string, data []byte) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	if json.Valid(data) {
		return "application/json"
	}
	return http.DetectContentType(data)
}

// Assets are those of the game, in the order of registration.
func (d *Def) Assets() []*Asset { return slices.Clone(d.assets) }

// wireAssets is what HELLO says about them.
func (d *Def) wireAssets() []msg.Asset {
	var list []msg.Asset
	for _, a := range d.assets {
		list = append(list, msg.Asset{Name: a.Name, Hash: a.Hash, Size: len(a.Data)})
	}
	return list
}

// assetPath is where ServeAsset is to be put; the hash in hexadecimal digits follows.
const assetPath = "/v1/assets/"

// slowest is how long a byte may take to a client: at 64 KiB per second.
const slowest = time.Second / (64 << 10)

// ServeAsset answers GET and HEAD of /v1/assets/HASH with an asset of the host's games: the same bytes for ever, conditional and range
// requests included. Whatever is no hash of an asset is answered with 404. Host and Origin are checked before the request gets here.
func (h *Host) ServeAsset(w http.ResponseWriter, r *http.Request) {
	text, _ := strings.CutPrefix(r.URL.Path, assetPath)
	a := h.assets[text]
	switch {
	case a == nil:
		refuse(w, http.StatusNotFound, "asset_unknown", errors.New("no game here has an asset of that hash: join again to hear of the new one"))
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "method_not_allowed", errors.New("only GET and HEAD"))
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.Type)
	header.Set("X-Content-Type-Options", "nosniff")
	// It is data: opened as a page, whatever its type, it may do nothing.
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("ETag", strconv.Quote(text))
	// A large one may take longer than the answers that a server's write timeout is meant for.
	_ = http.NewResponseController(w).SetWriteDeadline(h.cfg.Now().Add(time.Minute + slowest*time.Duration(len(a.Data))))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.Data))
}

// assetsByHash is what ServeAsset knows.
func assetsByHash(games []*Def) map[string]*Asset {
	all := map[string]*Asset{}
	for _, d := range games {
		for _, a := range d.assets {
			all[hex.EncodeToString(a.Hash[:])] = a
		}
	}
	return all
}
