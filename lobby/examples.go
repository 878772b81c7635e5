package lobby

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/skirmish-dev/skirmish/internal/token"
)

// The examples of the OpenAPI document tell one story: Ann and Ben play draughts, and Ann makes a room of the arena. They are values of
// the types that are sent, so that they keep to them.
const (
	ann       = "yhdfdmze5v5edwwk3fwirnzd2v"
	ben       = "k7mq2vw5xj3n6t4r8p1c9b0zsd"
	aTicket   = "mzxw6ytboi2dknrxgq3tqojqge"
	aMatch    = "c2f4vtq6zj5nq3xk7wmd8r1yhb"
	aRoom     = "r4q8zk2mw6xn3vt7yj5hbd1cps"
	aCode     = "K5QXE3DFMN"
	aToken    = "eyJhbGciOiJFZERTQSJ9.e30.c2ln"
	aRefresh  = "MZXW6YTBOI2DKNRXGQ3TQOJQGE.c2VjcmV0"
	aLink     = "MZXW6YTBOI2DKNRXGQ3TQOJQ"
	aVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	aSeat     = "wss://game.example/v1/play?seat=eyJhbGciOiJFZERTQSJ9.e30.c2VhdA"
	aWord     = "correct horse battery"
	anEmail   = "ann@example.org"
)

var (
	aTime     = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	annsBoard = Standing{
		Rating: 18.42, Mu: 29.31, Sigma: 3.63, Rank: 1, Of: 214, Percentile: 100, Matches: 31, Wins: 22, Losses: 7, Draws: 2, UpdatedAt: aTime,
	}
	bensBoard = Standing{
		Rating: 17.9, Mu: 28.2, Sigma: 3.43, Rank: 2, Of: 214, Percentile: 99.53, Matches: 40, Wins: 25, Losses: 12, Draws: 3, UpdatedAt: aTime,
	}
	aStandings = json.RawMessage(`[{"account":"` + ann + `","rank":1,"score":1},{"account":"` + ben + `","rank":2,"score":0}]`)
	annsRoom   = RoomInfo{
		ID: aRoom, Game: "arena", Name: "Night owls", Players: 3, MaxPlayers: 64, Watchers: 1, State: "open", CreatedAt: aTime, Mode: "ffa",
		Metadata: map[string]string{"map": "ice"},
	}
	aQueuedTicket = Ticket{
		ID: aTicket, Version: 3, Game: "draughts", Mode: "draughts", PlayerIDs: []string{ann}, State: "queued", Position: 2, EstimateS: 20,
		Reason: &TicketReason{Cause: "skill", Found: 1, Needed: 2}, CreatedAt: aTime, ExpiresAt: aTime.Add(10 * time.Minute),
	}
	aMatchedTicket = Ticket{
		ID: aTicket, Version: 5, Game: "draughts", Mode: "draughts", PlayerIDs: []string{ann}, State: "matched", RoomID: aRoom, Team: 1, URL: aSeat,
		CreatedAt: aTime, ExpiresAt: aTime.Add(30 * time.Second),
	}
	aReadyTicket = Ticket{
		ID: aTicket, Version: 4, Game: "draughts", Mode: "draughts", PlayerIDs: []string{ann}, State: "ready",
		Ready: &TicketReady{Accepted: true, Given: 1, Players: 2}, CreatedAt: aTime, ExpiresAt: aTime.Add(15 * time.Second),
	}
	aDeclinedTicket = Ticket{
		ID: aTicket, Version: 5, Game: "draughts", Mode: "draughts", PlayerIDs: []string{ann}, State: "cancelled", Ended: "declined",
		CreatedAt: aTime, ExpiresAt: aTime.Add(15 * time.Second),
	}
	aCursor = "k3j9x2m4qa-21"
)

// examples is one body for each schema that is sent, by its name, and for the answers of an operation that are special, by its id, the
// status and the media type.
var examples = map[string]any{
	"AccountInfo": AccountInfo{
		PlayerID: ann, Name: "Ann", Role: "player", CreatedAt: aTime,
		Identities: []IdentityInfo{{Provider: "email", Label: anEmail, LinkedAt: aTime}},
	},
	"AskResetRequest":     AskResetRequest{Email: anEmail},
	"BanRequest":          BanRequest{Reason: "insults", Hours: 24},
	"ConfirmRequest":      ConfirmRequest{Token: aLink},
	"CreateRoomRequest":   CreateRoomRequest{Game: "arena", Name: "Night owls", Mode: "ffa", Metadata: map[string]string{"map": "ice"}},
	"CreateTicketRequest": CreateTicketRequest{Mode: "draughts"},
	"EventList": EventList{Cursor: aCursor, Events: []AccountEvent{{Cursor: aCursor, Kind: kindResult, Data: mustJSON(ResultEvent{
		MatchID: aMatch, Game: "draughts", Mode: "draughts", FinishedAt: aTime, Rank: 1, Outcome: "win",
		Rating: &RatingChange{Before: 17.8, After: 18.42}, Result: aStandings,
	})}}},
	"GameRequest":  GameRequest{Game: "arena"},
	"GuestRequest": GuestRequest{Name: "Ann"},
	"JWKS": JWKS{Keys: []token.JWK{{
		Kty: "OKP", Crv: "Ed25519", Use: "sig", Alg: "EdDSA", Kid: "pYb6VEhJ0FIX", X: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
	}}},
	"Join":             Join{RoomID: aRoom, URL: aSeat},
	"JoinCodeRequest":  JoinCodeRequest{Code: aCode},
	"JoinPartyRequest": JoinPartyRequest{Code: aCode},
	"JoinRoomRequest":  JoinRoomRequest{Password: "moonlight"},
	"LeaderRequest":    LeaderRequest{PlayerID: ben},
	"Leaderboard": Leaderboard{Mode: "draughts", Rows: []BoardRow{
		{PlayerID: ann, Name: "Ann", Standing: annsBoard}, {PlayerID: ben, Name: "Ben", Standing: bensBoard},
	}},
	"LinkRequest":  LinkRequest{Code: aLink, Verifier: aVerifier},
	"LoginRequest": LoginRequest{Email: anEmail, Password: aWord},
	"MatchList": MatchList{Matches: []PlayedMatch{{
		ID: aMatch, Game: "draughts", Mode: "draughts", FinishedAt: aTime, Rank: 1, Outcome: "win", Score: 1,
		Rating:  &RatingChange{Before: 17.8, After: 18.42},
		Players: []MatchPlayer{{PlayerID: ann, Name: "Ann", Rank: 1, Score: 1}, {PlayerID: ben, Name: "Ben", Team: 1, Rank: 2}},
	}}},
	"MatchResult": MatchResult{ID: aMatch, RoomID: aRoom, Game: "draughts", Mode: "draughts", FinishedAt: aTime, Result: aStandings},
	"Party": Party{
		ID: "gq3tqojqgemzxw6ytboi2dknrx", Version: 4, Code: aCode, URL: "https://game.example/#party=" + aCode, LeaderID: ann,
		Members: []PartyMember{{PlayerID: ann, Name: "Ann", Ready: true, Roles: []string{}}, {PlayerID: ben, Name: "Ben", Roles: []string{}}},
	},
	"Profile": Profile{
		PlayerID: ann, Name: "Ann", CreatedAt: aTime, Ratings: []ModeStanding{{Mode: "draughts", Standing: annsBoard}},
	},
	"ProviderList":    ProviderList{Providers: []string{"example"}},
	"ReadyRequest":    ReadyRequest{Ready: true},
	"RedeemRequest":   RedeemRequest{Code: aLink, Verifier: aVerifier, Name: "Ann"},
	"RefreshRequest":  RefreshRequest{Transport: "body", RefreshToken: aRefresh},
	"RegisterRequest": RegisterRequest{Name: "Ann", Email: anEmail, Password: aWord},
	"RenameRequest":   RenameRequest{Name: "Anna"},
	"ResetRequest":    ResetRequest{Token: aLink, Password: aWord},
	"RoomInfo":        annsRoom,
	"RoomList":        RoomList{Rooms: []RoomInfo{annsRoom}, Total: 1},
	"ServerConfig": ServerConfig{
		Protocol: 1, Version: "0.1.0",
		Games: []GameInfo{{Name: "arena", TickRate: 30, MaxPlayers: 64}, {Name: "draughts", TickRate: 5, MaxPlayers: 2, MatchSize: 2}},
		Modes: []ModeInfo{{
			Name: "draughts", Game: "draughts", Ranked: true, Teams: Range{2, 2}, TeamSize: Range{1, 1}, Roles: []string{}, Regions: []string{},
			Attributes: []AttributeInfo{},
		}},
		Limits: ServerLimits{NameCharacters: 24, NameBytes: 64, BodyBytes: maxBody, RoomsPerAccount: 5, TicketWaitS: maxWait},
	},
	"Session": Session{PlayerID: ann, AccessToken: aToken, ExpiresIn: 600},
	"SessionList": SessionList{Sessions: []SessionInfo{{
		ID: "MZXW6YTBOI2DKNRXGQ3TQOJQGE", Current: true, SignedInAt: aTime, UsedAt: aTime, ExpiresAt: aTime.AddDate(0, 0, 30),
		Network: "203.0.113.7/32", Device: "Mozilla/5.0",
	}}},
	"SetEmailRequest": SetEmailRequest{Email: anEmail, Password: aWord},
	"Ticket":          aQueuedTicket,

	"getTicket 200 application/json":     aMatchedTicket,
	"acceptTicket 200 application/json":  aReadyTicket,
	"declineTicket 200 application/json": aDeclinedTicket,
	"createRoom 201 application/json": RoomInfo{
		ID: aRoom, Game: "arena", Name: "Night owls", MaxPlayers: 64, Private: true, State: "open", CreatedAt: aTime, Code: aCode,
	},
	"exportAccount 200 application/json": map[string][]map[string]any{"accounts": {{"id": ann, "name": "Ann", "role": "player"}}},
	"readEvents 200 text/event-stream": "id: k3j9x2m4qa-17\n\nid: " + aCursor + "\nevent: ticket\ndata: " +
		string(mustJSON(aQueuedTicket)) + "\n\n",
}

// exampleProblem is what a code looks like.
func exampleProblem(code string) *Problem {
	p := newProblem(refusals[code].status, code, refusals[code].detail)
	if p.Status == http.StatusUnprocessableEntity && code == "invalid" {
		p.Errors = []FieldError{{Location: "body.name", Message: "expected required property name to be present"}}
	}
	return p
}

// mustJSON is for examples, which marshal.
func mustJSON(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}
