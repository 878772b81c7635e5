package lobby

import (
	"strconv"
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/limit"
)

// fields checks what an answer says about limits.
func (a answer) fields(policy, left string) {
	a.t.Helper()
	if got := a.Header().Get("RateLimit-Policy"); got != policy {
		a.t.Errorf("RateLimit-Policy: %s, want %s", got, policy)
	}
	if got := a.Header().Get("RateLimit"); got != left {
		a.t.Errorf("RateLimit: %s, want %s", got, left)
	}
}

func TestAnswersSayWhatIsLeftOfALimit(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Limits.Account = limit.Rate{Burst: 2, Every: 1500 * time.Millisecond}
		c.Limits.Guests = limit.Rate{Burst: 3, Every: time.Minute}
	})
	w.call("POST", "/v1/auth/guest", `{"name":"Ann"}`).fields(`"guests";q=3;w=180`, `"guests";r=2;t=60`)
	p := w.guest("Ben")
	p.call("GET", "/v1/account", nil).fields(`"account";q=2;w=3`, `"account";r=1;t=2`)
	p.call("GET", "/v1/nope", nil).fields("", "") // no route, no limit
	p.call("POST", "/v1/quickjoin", `{}`).fields(`"account";q=2;w=3`, `"account";r=0;t=3`)
	a := p.call("GET", "/v1/account", nil)
	a.fields(`"account";q=2;w=3`, `"account";r=0;t=2`)
	a.refused(429, "too_many_requests")
	if got := a.Header().Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q", got)
	}
	w.advance(2 * time.Second)
	p.call("GET", "/v1/account", nil).is(200)
}

func TestEachLimitOfARequestIsAMember(t *testing.T) {
	w := newWorld(t, nil)
	p := w.guest("Ann")
	p.call("POST", "/v1/party/join", `{"code":"K5QXE3DFMN"}`).fields(
		`"account";q=60;w=12, "codes";q=10;w=60, "codes-network";q=200;w=60`, `"account";r=59;t=1, "codes";r=9;t=6, "codes-network";r=199;t=1`)
	w.call("POST", "/v1/auth/login", `{"email":"ann@example.org","password":"correct horse"}`).fields(
		`"logins";q=100;w=100, "login-tries";q=10;w=300`, `"logins";r=99;t=1, "login-tries";r=9;t=30`)
}

// How often an address was written to says whether it has an account: that limit is told to nobody.
func TestLimitOfAnAddressIsNotTold(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 4 {
		w.call("POST", "/v1/auth/reset", `{"email":"ann@example.org"}`).fields(
			`"mails";q=20;w=1200`, `"mails";r=`+strconv.Itoa(19-i)+`;t=`+strconv.Itoa(60*(i+1)))
	}
}

func TestUnlimitedRoutesSayNothingOfLimits(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/v1/rooms", "/v1/config", "/v1/openapi.json", "/v1/auth/keys"} {
		w.call("GET", path, nil).fields("", "")
	}
}
