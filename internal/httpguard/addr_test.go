package httpguard

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func proxies(t *testing.T, networks ...string) []netip.Prefix {
	t.Helper()
	var out []netip.Prefix
	for _, n := range networks {
		out = append(out, netip.MustParsePrefix(n))
	}
	return out
}

func addrOf(g *Guard, remote string, forwarded ...string) string {
	r := request("127.0.0.1")
	r.RemoteAddr = remote
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	var got netip.Addr
	g.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = ClientAddr(r.Context()) })).
		ServeHTTP(httptest.NewRecorder(), r)
	return got.String()
}

func TestClientAddrWalksTrustedProxiesFromTheRight(t *testing.T) {
	g, _ := newGuard(t, Config{TrustedProxies: proxies(t, "10.0.0.0/8", "2001:db8::/32")})
	check := func(want, remote string, forwarded ...string) {
		t.Helper()
		if got := addrOf(g, remote, forwarded...); got != want {
			t.Errorf("%s via %q: %s, want %s", remote, forwarded, got, want)
		}
	}
	check("203.0.113.7", "203.0.113.7:1")
	check("203.0.113.7", "203.0.113.7:1", "198.51.100.1")                // not a proxy: header ignored
	check("198.51.100.1", "10.0.0.1:1", "198.51.100.1")                  // one proxy
	check("198.51.100.1", "10.0.0.1:1", "1.1.1.1, 198.51.100.1")         // the client made up the left part
	check("198.51.100.1", "10.0.0.1:1", "1.1.1.1,198.51.100.1,10.9.9.9") // two proxies
	check("198.51.100.1", "10.0.0.1:1", "1.1.1.1", "198.51.100.1", "10.9.9.9")
	check("198.51.100.1", "[2001:db8::1]:1", "198.51.100.1")
	check("10.0.0.1", "10.0.0.1:1")                                   // a proxy that says nothing
	check("10.0.0.1", "10.0.0.1:1", "198.51.100.1, unknown")          // what cannot be read ends the walk
	check("10.2.2.2", "10.0.0.1:1", "10.2.2.2")                       // all of them proxies
	check("198.51.100.1", "10.0.0.1:1", "::ffff:198.51.100.1")        // mapped IPv4 is IPv4
	check("2001:db9::1", "10.0.0.1:1", "2001:db9::1%eth0")            // no zone: it would make endless keys
	check("203.0.113.7", "[::ffff:203.0.113.7]:1", "198.51.100.1")    // mapped peers too
	check("198.51.100.1", "10.0.0.1:1", "1.1.1.1, 198.51.100.1:5678") // some proxies write the port
	check("2001:db9::1", "10.0.0.1:1", "[2001:db9::1]:443, 10.9.9.9:80")
	check("2001:db9::1", "10.0.0.1:1", "[2001:db9::1]")
	check("198.51.100.1", "10.0.0.1:1", "[::ffff:198.51.100.1]:5678")
	check("10.0.0.1", "10.0.0.1:1", "198.51.100.1:x")
	check("invalid IP", "@")
	check("10.1.1.1", "10.0.0.1:1", "198.51.100.1,"+strings.Repeat("10.1.1.1,", 1000)+"10.1.1.1") // bounded walk
}

func TestForwardedHeaderOfAStrangerIsWarnedAboutOnce(t *testing.T) {
	g, logs := newGuard(t, Config{})
	for range 3 {
		addrOf(g, "127.0.0.1:1", "198.51.100.1")
	}
	warnings := logs.FilterMessageSnippet("--trusted-proxies")
	if warnings.Len() != 1 {
		t.Errorf("%d warnings, want 1", warnings.Len())
	}
}
