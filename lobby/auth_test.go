package lobby

import (
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
	"github.com/skirmish-dev/skirmish/lobby/limit"
)

func refreshCookieOf(a answer) *http.Cookie {
	a.t.Helper()
	for _, c := range a.Result().Cookies() {
		if c.Name == refreshCookie {
			return c
		}
	}
	a.t.Fatalf("no refresh cookie in %v", a.Header())
	return nil
}

func TestGuestAnswerIsAsDocumented(t *testing.T) {
	w := newWorld(t, nil)
	a := w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`)
	body := a.Body.String()
	s := into[Session](a, 200)
	if s.PlayerID == "" || s.AccessToken == "" || s.ExpiresIn != 600 || strings.Contains(body, "refresh_token") {
		t.Errorf("answer %s", body)
	}
	if a.Header().Get("Cache-Control") != "no-store" {
		t.Error("tokens may be cached")
	}
	c := refreshCookieOf(a)
	if !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/v1/auth" || c.Domain != "" ||
		c.MaxAge != 30*24*3600 {
		t.Errorf("cookie %+v", c)
	}
}

func TestRefreshCookieIsSecureExceptOnLoopback(t *testing.T) {
	for url, want := range map[string]bool{
		"https://play.example": true, "http://play.example": true, "http://192.168.1.5:8080": true, "https://127.0.0.1": true,
		"http://127.0.0.1:8080": false, "http://localhost:8080": false, "http://[::1]:8080": false,
	} {
		w := newWorld(t, func(c *Config) { c.PublicURL = url })
		if c := refreshCookieOf(w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`)); c.Secure != want {
			t.Errorf("%s: Secure=%t, want %t", url, c.Secure, want)
		}
	}
}

func TestRefreshWithTheCookie(t *testing.T) {
	w := newWorld(t, nil)
	a := w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`)
	c := refreshCookieOf(a)
	id := into[Session](a, 200).PlayerID
	for _, body := range []any{nil, "{}", `{"transport":"cookie"}`} {
		next := w.call("POST", "/v1/auth/refresh", body, "Cookie", c.Name+"="+c.Value)
		if s := into[Session](next, 200); s.PlayerID != id || s.RefreshToken != "" {
			t.Fatalf("refreshed as %+v, want %s", s, id)
		}
		if fresh := refreshCookieOf(next); fresh.Value == c.Value {
			t.Fatal("the token did not rotate")
		} else {
			c = fresh
		}
	}
}

func TestRefreshWithTheBody(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	a := w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": p.RefreshToken})
	if len(a.Result().Cookies()) != 0 {
		t.Error("transport body sets a cookie")
	}
	if s := into[Session](a, 200); s.PlayerID != p.PlayerID || s.RefreshToken == "" || s.RefreshToken == p.RefreshToken {
		t.Errorf("got %+v", s)
	}
	w.call("POST", "/v1/auth/refresh", obj{"refresh_token": p.RefreshToken}).refused(422, "invalid")
}

func TestTwoTabsRefreshToTheSameSuccessor(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	body := obj{"transport": "body", "refresh_token": p.RefreshToken}
	first := into[Session](w.call("POST", "/v1/auth/refresh", body), 200)
	w.advance(10 * time.Second)
	second := into[Session](w.call("POST", "/v1/auth/refresh", body), 200)
	if first.RefreshToken != second.RefreshToken {
		t.Error("two successors")
	}
}

func TestReuseOfARefreshTokenEndsTheSession(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	body := obj{"transport": "body", "refresh_token": p.RefreshToken}
	next := into[Session](w.call("POST", "/v1/auth/refresh", body), 200)
	w.advance(10*time.Second + time.Millisecond)
	w.call("POST", "/v1/auth/refresh", body).refused(401, "refresh_refused")
	w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": next.RefreshToken}).refused(401, "refresh_refused")
}

func TestRefreshWithoutAToken(t *testing.T) {
	w := newWorld(t, nil)
	w.call("POST", "/v1/auth/refresh", nil).refused(401, "refresh_refused")
	w.call("POST", "/v1/auth/refresh", `{"transport":"body"}`).refused(401, "refresh_refused")
	w.call("POST", "/v1/auth/refresh", nil, "Cookie", refreshCookie+"=junk").refused(401, "refresh_refused")
	p := w.guest("Ann")
	// An access token is not a refresh token, and a Bearer header no cookie.
	access := obj{"transport": "body", "refresh_token": p.AccessToken[:200]}
	w.call("POST", "/v1/auth/refresh", access).refused(401, "refresh_refused")
	p.call("POST", "/v1/auth/refresh", nil).refused(401, "refresh_refused")
}

func TestLogoutEndsTheSessionAndClearsTheCookie(t *testing.T) {
	w := newWorld(t, nil)
	c := refreshCookieOf(w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`))
	cookie := c.Name + "=" + c.Value
	a := w.call("POST", "/v1/auth/logout", nil, "Cookie", cookie)
	a.is(204)
	if gone := refreshCookieOf(a); gone.Value != "" || gone.MaxAge >= 0 || gone.Path != cookiePath {
		t.Errorf("cookie %+v", gone)
	}
	w.call("POST", "/v1/auth/refresh", nil, "Cookie", cookie).refused(401, "refresh_refused")
	w.call("POST", "/v1/auth/logout", nil).is(204)
}

// The cookie is for pages of this server: a page elsewhere can neither spend it nor plant one.
func TestCookieIsForTheOwnOriginOnly(t *testing.T) {
	w := newWorld(t, nil)
	c := refreshCookieOf(w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`))
	cookie := c.Name + "=" + c.Value
	for _, h := range [][]string{
		{"Origin", "https://game.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
	} {
		for _, path := range []string{"refresh", "logout"} {
			w.call("POST", "/v1/auth/"+path, nil, append(h, "Cookie", cookie)...).refused(403, "cross_origin")
		}
		w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`, h...).refused(403, "cross_origin")
	}
	own := []string{"Cookie", cookie, "Origin", "http://127.0.0.1:8080", "Sec-Fetch-Site", "same-origin"}
	w.call("POST", "/v1/auth/refresh", nil, own...).is(200)
}

func TestListedOriginUsesTheBodyTransport(t *testing.T) {
	w := newWorld(t, nil)
	from := []string{"Origin", "https://game.example", "Sec-Fetch-Site", "cross-site"}
	a := w.call("POST", "/v1/auth/guest", `{"name":"Ann","transport":"body"}`, from...)
	if a.Header().Get("Access-Control-Allow-Origin") != "https://game.example" || len(a.Result().Cookies()) != 0 {
		t.Errorf("headers %v", a.Header())
	}
	s := into[Session](a, 200)
	into[Session](w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": s.RefreshToken}, from...), 200)
	w.call("POST", "/v1/auth/guest", `{"name":"Ann","transport":"body"}`, "Origin", "https://evil.example").is(403)
}

// A form can send a cookie across origins, but not this content type.
func TestCookieRoutesDemandJSON(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"guest", "refresh", "logout"} {
		for _, kind := range []string{
			"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx",
		} {
			w.call("POST", "/v1/auth/"+path, "", "Content-Type", kind).refused(415, "unsupported_media_type")
			w.call("POST", "/v1/auth/"+path, `{"name":"Ann"}`, "Content-Type", kind).refused(415, "unsupported_media_type")
		}
	}
}

func TestBearerRoutesIgnoreCookies(t *testing.T) {
	w := newWorld(t, nil)
	c := refreshCookieOf(w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`))
	w.call("POST", "/v1/quickjoin", `{"game":"arena"}`, "Cookie", c.Name+"="+c.Value).refused(401, "unauthorized")
	p := w.guest("Ann")
	w.call("POST", "/v1/quickjoin", `{"game":"arena"}`, "Cookie", "access_token="+p.AccessToken).refused(401, "unauthorized")
}

func TestBadNamesAreRefusedWithTheField(t *testing.T) {
	w := newWorld(t, nil)
	for _, name := range []string{"", "   ", strings.Repeat("x", 25), "a\u202eb", "a\u0000b", strings.Repeat("🚀", 17)} {
		p := w.call("POST", "/v1/auth/guest", obj{"name": name}).refused(422, "bad_name")
		if len(p.Errors) != 1 || p.Errors[0].Location != "body.name" {
			t.Errorf("%q: %+v", name, p)
		}
	}
}

func TestBadAccessTokensAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	seats, err := token.NewSigner(token.Config{Keys: w.keys, Clock: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	seat, _, err := seats.Seat(token.Seat{Room: "r", Player: p.PlayerID, Name: "Ann", Node: "n"})
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]string{
		"none": "", "no scheme": p.AccessToken, "basic": "Basic " + p.AccessToken, "empty": "Bearer ", "seat": "Bearer " + seat,
		"refresh": "Bearer " + p.RefreshToken, "cut": "Bearer " + p.AccessToken[:len(p.AccessToken)-1],
		"two":  "Bearer " + p.AccessToken + " x",
		"huge": "Bearer " + strings.Repeat("a", 100_000), "spaces": "Bearer   ", "none alg": "Bearer eyJhbGciOiJub25lIn0.e30.",
	} {
		t.Run(name, func(t *testing.T) {
			a := w.call("POST", "/v1/quickjoin", `{"game":"arena"}`, "Authorization", header)
			a.refused(401, "unauthorized")
			if a.Header().Get("WWW-Authenticate") != "Bearer" {
				t.Error("no WWW-Authenticate")
			}
		})
	}
	w.advance(10*time.Minute + 30*time.Second)
	p.call("POST", "/v1/quickjoin", `{"game":"arena"}`).refused(401, "unauthorized")
}

func TestGuestsOfOneNetworkAreLimited(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Guests = limit.Rate{Burst: 3, Every: 1500 * time.Millisecond} })
	for range 3 {
		w.guest("Ann")
	}
	a := w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`)
	a.refused(429, "too_many_requests")
	if got := a.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
	w.addr = netip.MustParseAddr("203.0.113.8")
	w.guest("Bob")
	w.addr = netip.MustParseAddr("203.0.113.7")
	w.advance(2 * time.Second)
	w.guest("Ann")
}

func TestAccountIsLimited(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.Account = limit.Rate{Burst: 2, Every: time.Second} })
	p, q := w.guest("Ann"), w.guest("Bob")
	for range 2 {
		p.call("GET", "/v1/tickets/x", nil).refused(404, "no_ticket")
	}
	a := p.call("GET", "/v1/tickets/x", nil)
	a.refused(429, "too_many_requests")
	if a.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", a.Header().Get("Retry-After"))
	}
	q.call("GET", "/v1/tickets/x", nil).refused(404, "no_ticket")
}

func TestAccountsSurviveAKilledServer(t *testing.T) {
	dir, keyDir := t.TempDir(), t.TempDir()
	load := func() *token.Keyring {
		keys, err := token.LoadKeyring(keyDir, t0)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	w := worldOn(t, dir, load(), nil)
	c := refreshCookieOf(w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`))
	p := player{w, into[Session](w.call("POST", "/v1/auth/refresh", nil, "Cookie", c.Name+"="+c.Value), 200)}
	p.call("POST", "/v1/quickjoin", `{"game":"arena"}`).is(200)

	// What a kill leaves behind: the files of a store that nobody has closed. The copy is a folder without the lock that goes with
	// the process.
	left := filepath.Join(t.TempDir(), "left")
	if err := os.CopyFS(left, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	again := worldOn(t, left, load(), nil)
	player{again, p.Session}.call("POST", "/v1/quickjoin", `{"game":"arena"}`).is(200)
	again.advance(5 * time.Second)
	s := into[Session](again.call("POST", "/v1/auth/refresh", nil, "Cookie", c.Name+"="+c.Value), 200)
	if s.PlayerID != p.PlayerID {
		t.Errorf("came back as %s, was %s", s.PlayerID, p.PlayerID)
	}
}

func TestRemovedGuestIsToldToSignInAgain(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Limits.UnseatedGuests = 1 })
	p := w.guest("Ann")
	for range 2 {
		w.advance(time.Minute)
		w.guest("Bob")
	}
	w.advance(-2 * time.Minute)
	for _, path := range []string{"quickjoin", "rooms", "tickets"} {
		p.call("POST", "/v1/"+path, `{"game":"draughts"}`).refused(401, "unauthorized")
	}
}
