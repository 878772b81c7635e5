package lobby

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/skirmish-dev/skirmish/lobby/auth/oidc"
)

// provider is an OpenID provider on loopback that confirms whoever the test says, and checks what a provider has to.
type provider struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey
	now    func() time.Time

	mu     sync.Mutex
	person string                       // who signs in
	claims func(jwt.MapClaims)          // changes the next ID tokens
	codes  map[string]map[string]string // what was asked for, by code
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, person: "person-1", codes: map[string]map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.json(w, obj{
			"issuer": p.server.URL, "authorization_endpoint": p.server.URL + "/authorize", "token_endpoint": p.server.URL + "/token",
			"jwks_uri": p.server.URL + "/jwks", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		encode := base64.RawURLEncoding.EncodeToString
		p.json(w, obj{"keys": []obj{{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("/token", p.token)
	p.server = httptest.NewServer(mux)
	t.Cleanup(func() {
		p.server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return p
}

func (p *provider) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

// authorize is the provider's page: it looks at the address and sends the browser back, as an address of the server.
func (p *provider) authorize(address string) (back string) {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, p.server.URL+"/authorize?") {
		p.t.Fatalf("the browser was sent to %q, %v", address, err)
	}
	asked := map[string]string{}
	for name := range u.Query() {
		asked[name] = u.Query().Get(name)
	}
	if asked["code_challenge_method"] != "S256" || asked["response_type"] != "code" || asked["client_id"] != "game" || asked["nonce"] == "" ||
		len(asked["state"]) < 20 || asked["redirect_uri"] != "http://127.0.0.1:8080/v1/auth/oidc/test/callback" {
		p.t.Errorf("asked %v", asked)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	p.codes[code] = asked
	return "/v1/auth/oidc/test/callback?" + url.Values{"code": {code}, "state": {asked["state"]}, "extra": {"x"}}.Encode()
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	if asked == nil || challenge(r.FormValue("code_verifier")) != asked["code_challenge"] || id != "game" || secret != "hidden" ||
		r.FormValue("redirect_uri") != asked["redirect_uri"] {
		w.WriteHeader(http.StatusBadRequest)
		p.json(w, obj{"error": "invalid_grant"})
		return
	}
	claims := jwt.MapClaims{
		"iss": p.server.URL, "aud": "game", "sub": p.person, "nonce": asked["nonce"], "email": "ann@example.org",
		"iat": p.now().Unix(), "exp": p.now().Add(time.Minute).Unix(),
	}
	if p.claims != nil {
		p.claims(claims)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = "k"
	text, err := token.SignedString(p.key)
	if err != nil {
		p.t.Error(err)
	}
	p.json(w, obj{"access_token": "x", "token_type": "Bearer", "id_token": text})
}

const (
	verifier = "a verifier that a page has made at random"
	page     = "https://game.example/play"
)

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func oidcWorld(t *testing.T) (*world, *provider) {
	t.Helper()
	p := newProvider(t)
	w := newWorld(t, func(c *Config) {
		c.OIDC = []oidc.Provider{{Name: "test", Issuer: p.server.URL, ClientID: "game", ClientSecret: "hidden"}}
		c.ReturnTo = []string{page}
	})
	p.now = w.clock
	return w, p
}

// start begins a sign-in and returns where the browser was sent and its cookie.
func (w *world) start() (address, cookie string) {
	w.t.Helper()
	a := w.call("GET", "/v1/auth/oidc/test/start?"+url.Values{"return_to": {page}, "challenge": {challenge(verifier)}}.Encode(), nil)
	a.is(303)
	c := a.Result().Cookies()[0]
	if c.Name != "skirmish_oidc" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/v1/auth/oidc" {
		w.t.Errorf("cookie %+v", c)
	}
	return a.Header().Get("Location"), c.Name + "=" + c.Value
}

// begun is what tells the page that this ends the sign-in it began.
var begun = "&challenge=" + challenge(verifier)

// code goes through a sign-in and returns what the page got.
func (w *world) code(p *provider) string {
	w.t.Helper()
	address, cookie := w.start()
	a := w.call("GET", p.authorize(address), nil, "Cookie", cookie)
	a.is(303)
	code, ok := strings.CutPrefix(a.Header().Get("Location"), page+"#code=")
	code, known := strings.CutSuffix(code, begun)
	if !ok || !known {
		w.t.Fatalf("the page got %q", a.Header().Get("Location"))
	}
	return code
}

func (w *world) redeem(code, verifier string) answer {
	w.t.Helper()
	return w.call("POST", "/v1/auth/oidc/redeem", obj{"code": code, "verifier": verifier, "transport": "body"})
}

func TestSignInAtAProvider(t *testing.T) {
	w, p := oidcWorld(t)
	if list := into[ProviderList](w.call("GET", "/v1/auth/oidc", nil), 200); len(list.Providers) != 1 || list.Providers[0] != "test" {
		t.Errorf("providers %v", list)
	}
	code := w.code(p)
	first := into[Session](w.redeem(code, verifier), 200)
	w.redeem(code, verifier).refused(400, "sign_in_expired") // once
	info := into[AccountInfo](player{w, first}.call("GET", "/v1/account", nil), 200)
	if info.Name != "Player" || len(info.Identities) != 1 || info.Identities[0].Provider != "test" || info.Identities[0].Label != "ann@example.org" {
		t.Errorf("account %+v", info)
	}
	if again := into[Session](w.redeem(w.code(p), verifier), 200); again.PlayerID != first.PlayerID {
		t.Errorf("the second sign-in is player %s, want %s", again.PlayerID, first.PlayerID)
	}
	p.person = "person-2"
	if other := into[Session](w.redeem(w.code(p), verifier), 200); other.PlayerID == first.PlayerID {
		t.Error("another person with the same e-mail address got the account")
	}
}

func TestTheCodeIsThePagesAlone(t *testing.T) {
	w, p := oidcWorld(t)
	code := w.code(p)
	w.redeem(code, strings.Repeat("wrong verifier ", 3)).refused(400, "sign_in_expired")
	w.redeem(code, verifier).refused(400, "sign_in_expired") // a guess spends it
	code = w.code(p)
	w.advance(61 * time.Second)
	w.redeem(code, verifier).refused(400, "sign_in_expired")
}

// A sign-in that another browser began must not end in this one: its user would play on somebody else's account.
func TestACallbackNeedsTheBrowserThatBegan(t *testing.T) {
	w, p := oidcWorld(t)
	address, cookie := w.start()
	back := p.authorize(address)
	_, other := w.start()
	for name, c := range map[string]string{"no cookie": "", "the cookie of another sign-in": other, "half a cookie": cookie[:len(cookie)-5]} {
		t.Run(name, func(t *testing.T) { w.call("GET", back, nil, "Cookie", c).refused(400, "sign_in_expired") })
	}
	w.call("GET", strings.Replace(back, "state=", "state=x", 1), nil, "Cookie", cookie).refused(400, "sign_in_expired")
	w.call("GET", back, nil, "Cookie", cookie).is(303)
	w.call("GET", back, nil, "Cookie", cookie).refused(400, "sign_in_expired") // once
	address, cookie = w.start()
	back = p.authorize(address)
	w.advance(11 * time.Minute)
	w.call("GET", back, nil, "Cookie", cookie).refused(400, "sign_in_expired")
}

func TestForgedIDTokensAreRefused(t *testing.T) {
	w, p := oidcWorld(t)
	for name, change := range map[string]func(jwt.MapClaims){
		"another nonce":    func(c jwt.MapClaims) { c["nonce"] = "x" },
		"no nonce":         func(c jwt.MapClaims) { delete(c, "nonce") },
		"another audience": func(c jwt.MapClaims) { c["aud"] = "other" },
		"another issuer":   func(c jwt.MapClaims) { c["iss"] = "https://accounts.example" },
		"expired":          func(c jwt.MapClaims) { c["exp"] = p.now().Add(-time.Minute).Unix() },
		"no subject":       func(c jwt.MapClaims) { delete(c, "sub") },
	} {
		t.Run(name, func(t *testing.T) {
			p.claims = change
			address, cookie := w.start()
			a := w.call("GET", p.authorize(address), nil, "Cookie", cookie)
			a.is(303)
			if got := a.Header().Get("Location"); got != page+"#error=refused"+begun {
				t.Errorf("the page got %q", got)
			}
		})
	}
	p.claims = nil
	address, cookie := w.start()
	back := p.authorize(address) + "&iss=https%3A%2F%2Fother.example"
	if got := w.call("GET", back, nil, "Cookie", cookie).Header().Get("Location"); got != page+"#error=refused"+begun {
		t.Errorf("the word of another issuer: %q", got)
	}
}

func TestReturnToIsAnExactList(t *testing.T) {
	w, _ := oidcWorld(t)
	for _, to := range []string{"https://game.example/", page + "/", page + "?x", "https://evil.example/play", "//evil.example", "", "javascript:alert(1)"} {
		q := url.Values{"return_to": {to}, "challenge": {challenge(verifier)}}.Encode()
		if a := w.call("GET", "/v1/auth/oidc/test/start?"+q, nil); a.Code != 422 || a.Header().Get("Location") != "" {
			t.Errorf("%q: %d, %q", to, a.Code, a.Header().Get("Location"))
		}
	}
	w.call("GET", "/v1/auth/oidc/test/start?return_to="+url.QueryEscape(page)+"&challenge=short", nil).refused(400, "sign_in_expired")
	w.call("GET", "/v1/auth/oidc/other/start?return_to="+url.QueryEscape(page)+"&challenge="+challenge(verifier), nil).refused(404, "no_provider")
}

func TestLinkAndUnlink(t *testing.T) {
	w, p := oidcWorld(t)
	link := func(who player, code string) answer {
		return who.call("POST", "/v1/account/identities", obj{"code": code, "verifier": verifier})
	}
	unlink := func(who player) answer { return who.call("DELETE", "/v1/account/identities/test", nil) }
	ann, eve := w.guest("Ann"), w.guest("Eve")
	link(ann, w.code(p)).is(204)
	link(ann, w.code(p)).is(204) // has it already
	link(eve, w.code(p)).refused(409, "identity_taken")
	unlink(eve).refused(404, "no_identity")
	unlink(ann).refused(409, "last_identity")
	p.person = "person-2"
	link(ann, w.code(p)).refused(409, "identity_exists")
	p.person = "person-1"
	back := into[Session](w.redeem(w.code(p), verifier), 200)
	if back.PlayerID != ann.PlayerID {
		t.Fatalf("signed in as %s, want %s", back.PlayerID, ann.PlayerID)
	}
	w.advance(9 * time.Minute) // the guest's sign-in and this one are both fresh
	unlink(player{w, back}).refused(409, "last_identity")
	w.advance(61 * time.Second)
	fresh := into[Session](w.call("POST", "/v1/auth/refresh", obj{"transport": "body", "refresh_token": back.RefreshToken}), 200)
	link(player{w, fresh}, w.code(p)).refused(403, "sign_in_again") // a refresh is no sign-in
	unlink(player{w, fresh}).refused(403, "sign_in_again")
}

func TestAProviderThatIsDownIsSaid(t *testing.T) {
	w, p := oidcWorld(t)
	p.server.Close()
	q := url.Values{"return_to": {page}, "challenge": {challenge(verifier)}}.Encode()
	for range 2 {
		w.call("GET", "/v1/auth/oidc/test/start?"+q, nil).refused(503, "provider_unavailable")
	}
}

func TestProvidersAreChecked(t *testing.T) {
	good := oidc.Provider{Name: "test", Issuer: "https://accounts.example", ClientID: "x"}
	for name, change := range map[string]func(*oidc.Config){
		"email":        func(c *oidc.Config) { c.Providers[0].Name = "email" },
		"upper case":   func(c *oidc.Config) { c.Providers[0].Name = "Test" },
		"twice":        func(c *oidc.Config) { c.Providers = append(c.Providers, good) },
		"plain http":   func(c *oidc.Config) { c.Providers[0].Issuer = "http://accounts.example" },
		"no client":    func(c *oidc.Config) { c.Providers[0].ClientID = "" },
		"no pages":     func(c *oidc.Config) { c.ReturnTo = nil },
		"a fragment":   func(c *oidc.Config) { c.ReturnTo = []string{page + "#x"} },
		"not a page":   func(c *oidc.Config) { c.ReturnTo = []string{"javascript:alert(1)"} },
		"no base":      func(c *oidc.Config) { c.BaseURL = "" },
		"no issuer":    func(c *oidc.Config) { c.Providers[0].Issuer = "" },
		"issuer is js": func(c *oidc.Config) { c.Providers[0].Issuer = "javascript://x" },
	} {
		cfg := oidc.Config{Providers: []oidc.Provider{good}, BaseURL: "https://play.example/v1/auth/oidc", ReturnTo: []string{page}}
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&cfg)
		if _, err := oidc.New(cfg); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
