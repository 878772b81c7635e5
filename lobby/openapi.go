package lobby

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// bearer is the name of the security scheme. An operation that lists it is closed to everybody without a valid access token: the
// same list makes the OpenAPI document and the check, so that one cannot be forgotten for the other.
const bearer = "bearer"

var needsBearer = []map[string][]string{{bearer: {}}}

// problemCodes is the extension that names the codes of an answer.
const problemCodes = "x-problem-codes"

// tagged is what the tags of operations stand for, in the order in which a reader meets them.
var tagged = []*huma.Tag{
	{Name: "config", Description: "What a client has to know before it signs in."},
	{Name: "auth", Description: "Signing in and staying signed in: guests, e-mail and password, OpenID providers."},
	{Name: "account", Description: "The caller's own account."},
	{Name: "rooms", Description: "Running games: to list, make, join and watch. A join answer names the WebSocket to dial."},
	{Name: "tickets", Description: "Matchmaking: a ticket is a place in the queue."},
	{Name: "parties", Description: "Players who queue together."},
	{Name: "events", Description: "What happens to the caller's account, as it happens."},
	{Name: "matches", Description: "Results and histories."},
	{Name: "leaderboards", Description: "Ratings of players."},
	{Name: "moderation", Description: "For moderators and admins."},
}

func (l *Lobby) humaConfig() huma.Config {
	cfg := huma.DefaultConfig("Skirmish lobby", l.cfg.Version)
	cfg.Info.Description = "Accounts, rooms, matchmaking and results. Play itself is the WebSocket that a join answer " +
		"names. Clients ignore fields they do not know; the server refuses them. Every error is a problem document (RFC 9457) with a " +
		"code that programs decide by. Every answer has an X-Request-Id, which the server's log names."
	cfg.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	cfg.Info.Contact = &huma.Contact{Name: "Skirmish", URL: "https://github.com/skirmish-dev/skirmish"}
	// huma's own documents are built at the first request without a lock, its docs page loads scripts from elsewhere, and its
	// schema links add a field to every answer.
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath, cfg.CreateHooks = "", "", "", nil
	cfg.RejectUnknownQueryParameters = true
	cfg.Servers = []*huma.Server{{URL: l.base.String()}}
	cfg.Tags = tagged
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearer: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "The access_token of signing in or refreshing."},
	}
	cfg.Components.Headers = headers
	cfg.Components.Examples = map[string]*huma.Example{}
	return cfg
}

// operation documents what can go wrong with an operation, by the codes that it may answer besides those that its method and its
// security bring. Each of codes is a code or several with spaces between them.
func operation(op huma.Operation, codes ...string) huma.Operation {
	// checkBody has read the body by then, within the server's ReadTimeout. The deadline that huma would set instead goes on after that: net/http
	// takes it for a client that has gone, and cancels a request that waits longer, such as for its turn to hash a password.
	op.BodyReadTimeout = -1
	all := append(strings.Fields(strings.Join(codes, " ")), strings.Fields(everywhere)...)
	if op.Method == http.MethodPost || op.Method == http.MethodPatch {
		all = append(all, strings.Fields(withBody)...)
	}
	if len(op.Security) > 0 {
		all = append(all, strings.Fields(withToken)...)
		if op.Method == http.MethodPost {
			all = append(all, strings.Fields(repeated)...)
			op.Parameters = append(op.Parameters, idempotencyKey)
		}
	}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	slices.Sort(all)
	byStatus := map[int][]string{}
	for _, code := range slices.Compact(all) {
		r, known := refusals[code]
		if !known {
			panic("lobby: " + op.OperationID + ": " + code + " is not in refusals")
		}
		byStatus[r.status] = append(byStatus[r.status], code)
	}
	for status, codes := range byStatus {
		op.Responses[strconv.Itoa(status)] = problemResponse(status, codes, len(byStatus[http.StatusTooManyRequests]) > 0)
	}
	return op
}

// problemResponse documents the problems of one status, each code with an example.
func problemResponse(status int, codes []string, limited bool) *huma.Response {
	examples := map[string]*huma.Example{}
	for _, code := range codes {
		examples[code] = &huma.Example{Ref: "#/components/examples/" + code}
	}
	r := &huma.Response{
		Description: http.StatusText(status) + ": " + strings.Join(codes, ", ") + ".",
		Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}, Examples: examples},
		},
		Extensions: map[string]any{problemCodes: codes},
	}
	var names []string
	if limited {
		names = append(names, policyHeader, limitHeader)
	}
	switch status {
	case http.StatusUnauthorized:
		names = append(names, "WWW-Authenticate")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		names = append(names, "Retry-After")
	}
	r.Headers = headerRefs(names...)
	return r
}

// complete adds to the document what huma does not derive. Answers are open in it, so that a field can be added without breaking clients
// that were generated from an older one; requests stay closed, as they are checked.
func complete(doc *huma.OpenAPI) {
	for name, schema := range doc.Components.Schemas.Map() {
		if !strings.HasSuffix(name, "Request") {
			schema.AdditionalProperties = true
		}
	}
	for _, item := range doc.Paths {
		for _, op := range operationsOf(item) {
			documentAccept(op)
			completeOperation(op)
			for _, r := range op.Responses {
				codes, _ := r.Extensions[problemCodes].([]string)
				for _, code := range codes {
					doc.Components.Examples[code] = &huma.Example{Value: exampleProblem(code)}
				}
			}
		}
	}
}

// operationsOf is the operations of a path.
func operationsOf(item *huma.PathItem) []*huma.Operation {
	all := []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete}
	return slices.DeleteFunc(all, func(op *huma.Operation) bool { return op == nil })
}

// completeOperation adds examples, and the headers of answers that are no problems.
func completeOperation(op *huma.Operation) {
	if op.RequestBody != nil {
		addExamples(op.OperationID+" request", op.RequestBody.Content)
	}
	limited := op.Responses[strconv.Itoa(http.StatusTooManyRequests)] != nil
	for status, r := range op.Responses {
		if status >= "400" {
			continue
		}
		addExamples(op.OperationID+" "+status, r.Content)
		var names []string
		for name := range r.Headers { // those that huma has found
			if name != "Content-Type" { // which the document says by content
				names = append(names, name)
			}
		}
		if limited {
			names = append(names, policyHeader, limitHeader)
		}
		if len(op.Security) > 0 && op.Method == http.MethodPost {
			names = append(names, "Idempotency-Replayed")
		}
		if status == "304" {
			names = append(names, "ETag", "Cache-Control", "Vary")
		}
		r.Headers = headerRefs(names...)
	}
}

// addExamples gives each body its example: that of this answer alone, or else that of its schema.
func addExamples(of string, content map[string]*huma.MediaType) {
	for kind, media := range content {
		name := media.Schema.Ref[strings.LastIndex(media.Schema.Ref, "/")+1:]
		if example, ok := examples[of+" "+kind]; ok {
			media.Example = example
		} else {
			media.Example = examples[name]
		}
	}
}

// jsonResponse documents an answer that huma does not derive from a handler's result.
func jsonResponse[T any](api huma.API, description string) *huma.Response {
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}
