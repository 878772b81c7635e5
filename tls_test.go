package skirmish

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/skirmish-dev/skirmish/netcode/client"
	"github.com/skirmish-dev/skirmish/netcode/conn"
)

// certificate makes a pair of files for name, and what trusts it.
func certificate(t *testing.T, name string) (cert, key string, trust *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trust = x509.NewCertPool()
	trust.AddCert(parsed)
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", raw), trust
}

// serveTLS runs a server that speaks TLS as https://game.example, until the test is over.
func serveTLS(t *testing.T) (s *server, cfg Config, trust *tls.Config) {
	t.Helper()
	const name = "game.example"
	cfg = Config{Games: testGames, DataDir: t.TempDir(), Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", PublicURL: "https://" + name}
	cert, key, roots := certificate(t, name)
	cfg.TLSCert, cfg.TLSKey = cert, key
	s, err := newServer(t.Context(), cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- s.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
	})
	return s, cfg, &tls.Config{RootCAs: roots, ServerName: name}
}

// With a certificate the lobby answers https, and a game is played over wss.
func TestPlayOverTLS(t *testing.T) {
	s, cfg, trust := serveTLS(t)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		d := tls.Dialer{Config: trust}
		return d.DialContext(ctx, network, s.addr)
	}
	web := &http.Client{Transport: &http.Transport{DialTLSContext: dial}}
	defer web.CloseIdleConnections()
	var a account
	if code := postBy(t, web, cfg.PublicURL+"/v1/auth/guest", "", map[string]string{"name": "Ann", "transport": "body"}, &a); code/100 != 2 {
		t.Fatalf("guest: %d", code)
	}
	var place seat
	if code := postBy(t, web, cfg.PublicURL+"/v1/quickjoin", a.AccessToken, map[string]string{"game": "arena"}, &place); code/100 != 2 {
		t.Fatalf("quickjoin: %d", code)
	}
	if !strings.HasPrefix(place.URL, "wss://game.example/") {
		t.Errorf("the seat is at %s", place.URL)
	}
	playing, leave := context.WithTimeout(t.Context(), 20*time.Second)
	defer leave()
	snapshots := 0
	c, err := client.Dial(playing, strings.Replace(place.URL, "wss", "ws", 1), client.ConnOptions{ // dial has the TLS layer already
		NetDial: dial, Options: client.Options{Check: true, OnSnapshot: func() {
			if snapshots++; snapshots == 3 {
				leave()
			}
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Run(playing) // ends with leave
	if snapshots < 3 {
		t.Errorf("%d snapshots", snapshots)
	}
}

// A browser gives a server six connections of HTTP/1: ten tabs that each read events would block each other. With TLS they share one.
func TestTenStreamsOfEventsShareAConnectionOverTLS(t *testing.T) {
	s, cfg, trust := serveTLS(t)
	var dials atomic.Int64
	web := &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: trust,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			dials.Add(1)
			return new(net.Dialer).DialContext(ctx, network, s.addr)
		},
	}}
	defer web.CloseIdleConnections()
	var a account
	if code := postBy(t, web, cfg.PublicURL+"/v1/auth/guest", "", map[string]string{"name": "Ann", "transport": "body"}, &a); code/100 != 2 {
		t.Fatalf("guest: %d", code)
	}
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	defer leave()
	var tabs []*bufio.Reader
	for range 10 {
		r, err := http.NewRequestWithContext(ctx, "GET", cfg.PublicURL+"/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+a.AccessToken)
		answer, err := web.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != 200 || answer.ProtoMajor != 2 {
			t.Fatalf("%s over %s", answer.Status, answer.Proto)
		}
		tabs = append(tabs, bufio.NewReader(answer.Body))
	}
	if code := postBy(t, web, cfg.PublicURL+"/v1/party", a.AccessToken, map[string]string{}, nil); code != 201 {
		t.Fatalf("party: %d", code)
	}
	for i, tab := range tabs {
		for line := ""; line != "event: party\n"; {
			var err error
			if line, err = tab.ReadString('\n'); err != nil {
				t.Fatalf("tab %d never heard of the party: %v", i, err)
			}
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections, want one", n)
	}
	r, err := http.NewRequestWithContext(ctx, "GET", cfg.PublicURL+"/v1/play?seat=none", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := web.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusUnauthorized || answer.ProtoMajor != 2 {
		t.Errorf("a seat over HTTP/2: %s over %s", answer.Status, answer.Proto)
	}
}

func TestTransportIsThePollerWhereItCanBeUsed(t *testing.T) {
	f := func(cfg Config, want string) {
		t.Helper()
		if got := cfg.transport(); got != want {
			t.Errorf("%+v: %s, want %s", cfg, got, want)
		}
	}
	best := "portable"
	if conn.HasPoller {
		best = "poller"
	}
	f(Config{}, best)
	f(Config{Transport: "portable"}, "portable")
	f(Config{TLSCert: "c", TLSKey: "k"}, "portable")
}
