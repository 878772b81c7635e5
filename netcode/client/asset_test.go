package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/netcode/msg"
)

func TestAssetOfOtherBytesThanHelloNamesIsRefused(t *testing.T) {
	real := []byte("a map")
	sum := sha256.Sum256(real)
	f := func(sent []byte, want error) {
		t.Helper()
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.RequestURI() != "/v1/assets/"+hex.EncodeToString(sum[:]) {
				t.Errorf("asked for %s", r.URL.RequestURI())
			}
			_, _ = w.Write(sent) // the client may have closed after enough
		}))
		defer s.Close()
		c := &Conn{Core: NewCore(Options{}), url: "ws" + strings.TrimPrefix(s.URL, "http") + "/v1/play?seat=secret"}
		c.Assets = []msg.Asset{{Name: "map", Hash: sum, Size: len(real)}}
		got, err := c.Asset(t.Context(), "map")
		if !errors.Is(err, want) || want == nil && !bytes.Equal(got, real) {
			t.Errorf("%d bytes sent: %q, %v, want %v", len(sent), got, err, want)
		}
	}
	f(real, nil)
	f([]byte("a mop"), ErrProtocol)
	f(real[:4], ErrProtocol)
	f(append(real, make([]byte, 100_000)...), ErrProtocol)
}
