package lobby

import (
	"strings"
	"testing"

	"github.com/skirmish-dev/skirmish/lobby/store"
)

// TestNobodyReachesWhatIsSomebodyElses: each route that takes an id is asked with one of somebody else's, and one that is not in this
// list fails the test. What is not a caller's does not exist for it: no answer tells a foreign id from none.
func TestNobodyReachesWhatIsSomebodyElses(t *testing.T) {
	w, _, _ := mailWorld(t)
	ann, bob, eve := w.guest("Ann"), w.guest("Bob"), w.guest("Eve")
	session := into[SessionList](ann.call("GET", "/v1/account/sessions", nil), 200).Sessions[0].ID
	ticket := ann.ticket("draughts", 201)
	party := into[Party](bob.call("POST", "/v1/party", nil), 201)
	room := ann.room(obj{"game": "arena", "password": "of ann"})

	type ask struct {
		id   string
		body any
		// What eve is answered with: for her the thing does not exist, or everybody may see it (200), or she lacks the role.
		status int
		code   string
	}
	asks := map[string]ask{
		"DELETE /v1/account/sessions/{id}":         {id: session, status: 404, code: "no_session"},
		"DELETE /v1/account/identities/{provider}": {id: "email", status: 404, code: "no_identity"}, // always the caller's own
		"GET /v1/tickets/{id}":                     {id: ticket.ID, status: 404, code: "no_ticket"},
		"DELETE /v1/tickets/{id}":                  {id: ticket.ID, status: 404, code: "no_ticket"},
		"POST /v1/tickets/{id}/accept":             {id: ticket.ID, status: 404, code: "no_ticket"},
		"POST /v1/tickets/{id}/decline":            {id: ticket.ID, status: 404, code: "no_ticket"},
		"DELETE /v1/party/members/{id}":            {id: party.LeaderID, status: 404, code: "no_party"},
		"POST /v1/rooms/{id}/join":                 {id: room.ID, status: 403, code: "wrong_password"},
		"POST /v1/rooms/{id}/spectate":             {id: room.ID, status: 403, code: "wrong_password"},
		"POST /v1/moderation/players/{id}/ban":     {id: ann.PlayerID, body: obj{"reason": "envy", "hours": 1}, status: 403, code: "forbidden"},
		"DELETE /v1/moderation/players/{id}/ban":   {id: ann.PlayerID, status: 403, code: "forbidden"},
		"GET /v1/players/{id}":                     {id: ann.PlayerID, status: 404, code: "no_player"},
		"GET /v1/leaderboards/{mode}":              {id: "draughts", status: 200},
		"GET /v1/matches/{id}":                     {id: "none", status: 404, code: "no_match"},
		"GET /v1/auth/oidc/{provider}/start":       {id: "none", status: 422, code: "invalid"},
		"GET /v1/auth/oidc/{provider}/callback":    {id: "none", status: 400, code: "sign_in_expired"},
		"GET /v1/assets/{hash}":                    {id: strings.Repeat("0", 64), status: 404},
	}
	doc, _ := readDocument(t, w)
	for path, operations := range doc.Paths {
		for method := range operations {
			route := strings.ToUpper(method) + " " + path
			begin, end := strings.Index(path, "{"), strings.Index(path, "}")
			if begin < 0 {
				continue
			}
			a, known := asks[route]
			if !known {
				t.Errorf("%s takes an id: say in this test what somebody else's gives", route)
				continue
			}
			t.Run(route, func(t *testing.T) {
				got := eve.call(strings.ToUpper(method), path[:begin]+a.id+path[end+1:], a.body)
				if got.Code != a.status || a.code != "" && !strings.Contains(got.Body.String(), `"code":"`+a.code+`"`) {
					t.Errorf("status %d, want %d %s: %s", got.Code, a.status, a.code, got.Body)
				}
				if a.status == 200 {
					for _, secret := range []string{"email", session, "role", store.RoleModerator} {
						if strings.Contains(got.Body.String(), secret) {
							t.Errorf("what everybody may see has %q: %s", secret, got.Body)
						}
					}
				}
			})
		}
	}
	ann.call("GET", "/v1/account", nil).is(200)
	if still := ann.get(ticket.ID); still.ID != ticket.ID {
		t.Errorf("Ann's ticket is %+v", still)
	}
	if p := into[Party](bob.call("GET", "/v1/party", nil), 200); p.ID != party.ID {
		t.Errorf("Bob's party is %+v", p)
	}
}
