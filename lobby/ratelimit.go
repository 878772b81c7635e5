package lobby

import (
	"fmt"
	"net/http"
	"time"

	"github.com/skirmish-dev/skirmish/lobby/limit"
)

// The fields of the IETF draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-11): lists of structured
// fields (RFC 9651), a member for each bucket that the request was counted in.
const (
	policyHeader = "RateLimit-Policy"
	limitHeader  = "RateLimit"
)

// addQuota tells the client how a bucket stands. The window of a policy is the time in which an empty bucket fills: a client that
// spreads q requests over w seconds is never refused.
func addQuota(h http.Header, q limit.Quota) {
	addMember(h, policyHeader, fmt.Sprintf("%q;q=%d;w=%d", q.Name, q.Rate.Burst, seconds(time.Duration(q.Rate.Burst)*q.Rate.Every)))
	addMember(h, limitHeader, fmt.Sprintf("%q;r=%d;t=%d", q.Name, q.Left, seconds(q.Reset)))
}

// addMember adds to a list in its one line: clients that read a field by its name get the first line alone.
func addMember(h http.Header, name, member string) {
	if list := h.Get(name); list != "" {
		member = list + ", " + member
	}
	h.Set(name, member)
}

// seconds rounds up: a client that comes back on the second must not be early.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
