package lobby

import "github.com/danielgtaylor/huma/v2"

// idempotencyKey documents the header that the lobby reads before the operation is reached.
var idempotencyKey = &huma.Param{
	Name: "Idempotency-Key", In: "header", Example: "0d3f8a5e-5e0b-4a4e-9a57-3f4a8f0c2b11",
	Description: "A random name of this request. Sent again with the same body within 24 hours, it is not done twice, and the first " +
		"answer comes again.",
	Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^[!-~]{1,128}$"},
}

// headers is what answers carry, for the document.
var headers = map[string]*huma.Header{
	"Cache-Control":       header("For how long the answer may be kept.", "public, max-age=60"),
	"Content-Disposition": header("A name for the file.", `attachment; filename="account.json"`),
	"Content-Encoding":    header("gzip, for who takes it.", "gzip"),
	"ETag":                header("Of the answer, for If-None-Match.", `"Wq3yL0m2cZtqk8hE"`),
	"Idempotency-Replayed": header("Present when this is the answer of an earlier request with the same Idempotency-Key.",
		"true"),
	"Location": header("Where to go on.", "/v1/tickets/mzxw6ytboi2dknrxgq3tqojqge"),
	limitHeader: header("What is left of each limit (r), and seconds until it is whole again (t). "+
		"Not when a request is refused before it is counted.", `"account";r=59;t=1`),
	policyHeader: header("The limits that this request counts in: requests at once (q), and seconds in which they come back (w).",
		`"account";q=60;w=12`),
	"Retry-After": {
		Description: "Seconds to wait.", Schema: &huma.Schema{Type: huma.TypeInteger}, Example: 5,
	},
	"Set-Cookie": header("The refresh token, or the sign-in that is under way; HttpOnly. Not with transport body.",
		"skirmish_refresh=MZXW6YTBOI2DKNRXGQ3TQOJQGE.c2VjcmV0; Path=/v1/auth; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict"),
	"Vary":             header("What the answer depends on besides its address.", "Accept-Encoding"),
	"WWW-Authenticate": header("How to authenticate.", "Bearer"),
}

func header(description, example string) *huma.Header {
	return &huma.Header{Description: description, Schema: &huma.Schema{Type: huma.TypeString}, Example: example}
}

// headerRefs names some of headers.
func headerRefs(names ...string) map[string]*huma.Param {
	out := map[string]*huma.Param{}
	for _, name := range names {
		if headers[name] == nil {
			panic("lobby: " + name + " is not in headers")
		}
		out[name] = &huma.Param{Ref: "#/components/headers/" + name}
	}
	return out
}
