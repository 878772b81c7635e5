package game

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	netclient "github.com/skirmish-dev/skirmish/netcode/client"
)

// assetDef is tiny with the assets that add registers.
func assetDef(name string, add func(b *Builder)) *Def {
	return Define(name, Config{TickRate: 50, MaxPlayers: 4}, func(b *Builder) Game[NoInput] {
		g := new(tiny)
		Replicate(b, "row", &g.rows)
		add(b)
		return g
	})
}

var (
	cave  = []byte(`{"walls":[[0,0,10,10]]}`)
	music = bytes.Repeat([]byte("OggS la "), 1000)
)

func newAssetRig(t *testing.T) *hostRig {
	return newHostRig(t, func(c *HostConfig) {
		c.Games = []*Def{assetDef("maze", func(b *Builder) {
			b.Asset("map", cave)
			b.Asset("notes.txt", []byte("{}"))
			b.Asset("tune", music)
		})}
	})
}

// ask sends a request to the host.
func (r *hostRig) ask(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := r.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func hashPath(data []byte) string {
	sum := sha256.Sum256(data)
	return "/v1/assets/" + hex.EncodeToString(sum[:])
}

func TestAssetIsServedByItsHashForEver(t *testing.T) {
	r := newAssetRig(t)
	res := r.ask(t, "GET", hashPath(cave))
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 || !bytes.Equal(body, cave) {
		t.Fatalf("GET: %s, %q, %v", res.Status, body, err)
	}
	etag := res.Header.Get("ETag")
	for name, want := range map[string]string{
		"Cache-Control":           "public, max-age=31536000, immutable",
		"ETag":                    `"` + strings.TrimPrefix(hashPath(cave), "/v1/assets/") + `"`,
		"Content-Type":            "application/json",
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"Accept-Ranges":           "bytes",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if res := r.ask(t, "GET", hashPath(cave), "If-None-Match", etag); res.StatusCode != 304 {
		t.Errorf("a client that has it is answered %s, want 304", res.Status)
	}
	if res := r.ask(t, "HEAD", hashPath(cave)); res.StatusCode != 200 || res.ContentLength != int64(len(cave)) {
		t.Errorf("HEAD: %s, %d bytes", res.Status, res.ContentLength)
	}
	res = r.ask(t, "GET", hashPath(music), "Range", "bytes=8-15", "Accept-Encoding", "identity")
	if part, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 206 || string(part) != "OggS la " {
		t.Errorf("a range: %s, %q, %v", res.Status, part, err)
	}
	if got := r.ask(t, "GET", hashPath([]byte("{}"))).Header.Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("notes.txt has the type %q", got)
	}
}

func TestAssetDoorServesRegisteredBytesAlone(t *testing.T) {
	r := newAssetRig(t)
	for _, path := range []string{
		"/v1/assets/", "/v1/assets/map", "/v1/assets/" + strings.Repeat("0", 64), hashPath(cave) + "/", hashPath(cave)[:len("/v1/assets/")+16],
		"/v1/assets/" + strings.ToUpper(hashPath(cave)[len("/v1/assets/"):]), hashPath([]byte("never registered")), "/v1/assets/..%2f..%2fgo.mod",
	} {
		if res := r.ask(t, "GET", path); res.StatusCode == 200 {
			t.Errorf("GET %s is answered with 200", path)
		}
	}
	if res := r.ask(t, "POST", hashPath(cave)); res.StatusCode != 405 || res.Header.Get("Allow") == "" {
		t.Errorf("POST: %s, want 405 with Allow", res.Status)
	}
}

func TestClientFetchesAssetThatHelloNames(t *testing.T) {
	r := newAssetRig(t)
	seat := r.seat(r.create(RoomOptions{Game: "maze"}).ID, "ann")
	var conn *netclient.Conn
	said := make(chan error, 1)
	opt := netclient.ConnOptions{Options: netclient.Options{OnHello: func() {
		data, err := conn.Asset(t.Context(), "map")
		if err == nil && !bytes.Equal(data, cave) {
			err = fmt.Errorf("fetched %q", data)
		}
		if _, none := conn.Asset(t.Context(), "cellar"); !errors.Is(none, netclient.ErrNoAsset) {
			err = errors.Join(err, fmt.Errorf("an asset that there is not: %v", none))
		}
		conn.Assets[0].Hash, conn.Assets[0].Size = conn.Assets[1].Hash, 1 // as if the server had other bytes than it says
		if _, wrong := conn.Asset(t.Context(), "map"); !errors.Is(wrong, netclient.ErrProtocol) {
			err = errors.Join(err, fmt.Errorf("bytes of another length: %v", wrong))
		}
		said <- err
	}}}
	var err error
	if conn, err = r.dial(seat, opt); err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- conn.Run(ctx) }()
	if err := <-said; err != nil {
		t.Error(err)
	}
	leave()
	<-ended
}

func TestAssetRegistrationSaysWhatIsWrong(t *testing.T) {
	f := func(want string, add func(b *Builder)) {
		t.Helper()
		defer func() {
			if p := fmt.Sprint(recover()); !strings.Contains(p, want) {
				t.Errorf("%s, want %q", p, want)
			}
		}()
		assetDef("wrong", add)
	}
	f("a name has", func(b *Builder) { b.Asset("", nil) })
	f("a name has", func(b *Builder) { b.Asset("../map", nil) })
	f("a name has", func(b *Builder) { b.Asset(".map", nil) })
	f("a name has", func(b *Builder) { b.Asset(strings.Repeat("a", 65), nil) })
	f("at most 16777216 fit", func(b *Builder) { b.Asset("map", make([]byte, 16<<20+1)) })
	f("registered twice", func(b *Builder) { b.Asset("map", cave); b.Asset("map", cave) })
	f("16 assets are the most", func(b *Builder) {
		for i := range 17 {
			b.Asset(fmt.Sprint("map", i), nil)
		}
	})
	n := byte(0)
	f("every room must register the same bytes", func(b *Builder) { n++; b.Asset("map", []byte{n}) })
	once := false
	f("assets each time", func(b *Builder) {
		if !once {
			b.Asset("map", cave)
		}
		once = true
	})
}
