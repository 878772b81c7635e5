package lobby

import "net/http"

// refusal is what the OpenAPI document says of a code: the status that it comes with, and what it may say for people.
type refusal struct {
	status int
	detail string
}

// refusals is every code that a client may read, those of internal/httpguard included. A code keeps its meaning and its status within a
// minor version; docs/errors.md says what a program does about each.
var refusals = map[string]refusal{
	"already_queued":      {http.StatusConflict, "there is an open ticket of yours or of a member of your party; cancel it first"},
	"answer_expired":      {http.StatusGone, "this Idempotency-Key was answered with a place in a room, which is over by now; ask anew, under another key"},
	"bad_cursor":          {http.StatusUnprocessableEntity, "the cursor is not from an answer of this list; begin without it"},
	"bad_email":           {http.StatusUnprocessableEntity, "the e-mail address has no @"},
	"bad_idempotency_key": {http.StatusBadRequest, "give 1 to 128 visible ASCII characters as Idempotency-Key"},
	"bad_name":            {http.StatusUnprocessableEntity, "the name is empty"},
	"bad_options":         {http.StatusUnprocessableEntity, "the game does not take these options: there is no map of this name"},
	"bad_password":        {http.StatusUnprocessableEntity, "the password has fewer than 8 characters"},
	"bad_request":         {http.StatusBadRequest, "the body is not UTF-8"},
	"bad_return_to":       {http.StatusUnprocessableEntity, "return_to is not on the server's list; see --oidc"},
	"bad_ticket":          {http.StatusUnprocessableEntity, "the mode could never match this ticket: the party has more players than a team"},
	"banned":              {http.StatusForbidden, "the account is banned until 2026-12-01T12:00:00Z: insults"},
	"body_too_large":      {http.StatusRequestEntityTooLarge, "the body may have at most 8192 bytes"},
	"busy":                {http.StatusServiceUnavailable, "the server is busy; try again later"},
	"cancelled":           {http.StatusServiceUnavailable, "the request was cancelled"},
	"cross_origin": {http.StatusForbidden, `a page of another origin cannot use the refresh cookie; send "transport":"body", ` +
		`as new Lobby({ refresh: "memory" }) does`},
	"cross_site": {http.StatusForbidden, "pages of other sites may not call this server; open the address itself"},
	"database_unavailable": {http.StatusServiceUnavailable, "accounts and results cannot be read or kept right now, nothing was changed; " +
		"games go on; try again later"},
	"draining":               {http.StatusServiceUnavailable, "the server is shutting down; try again later"},
	"forbidden":              {http.StatusForbidden, "your role does not allow this"},
	"host_not_allowed":       {http.StatusForbidden, "this server is not known by that Host; use its address or set --public-url"},
	"idempotency_key_reused": {http.StatusUnprocessableEntity, "this Idempotency-Key came with another body before; take a new one for a new request"},
	"identity_exists":        {http.StatusConflict, "your account has an identity of this provider; unlink it first"},
	"identity_taken":         {http.StatusConflict, "it belongs to another account; sign in to that one"},
	"in_party":               {http.StatusConflict, "you are in a party; leave it first"},
	"internal":               {http.StatusInternalServerError, "the server failed; its log has the request id of this answer"},
	"invalid":                {http.StatusUnprocessableEntity, "validation failed"},
	"last_identity":          {http.StatusConflict, "it is the only way to sign in to your account; link another first"},
	"link_expired":           {http.StatusGone, "the link is not valid any more; ask for another"},
	"login_refused":          {http.StatusUnauthorized, "e-mail and password do not fit together"},
	"method_not_allowed":     {http.StatusMethodNotAllowed, "this path takes GET, HEAD, POST"},
	"no_board":               {http.StatusNotFound, "there is no ranked mode of this name; GET /v1/config lists them"},
	"no_code":                {http.StatusNotFound, "there is nothing with this code; ask for a new one"},
	"no_identity":            {http.StatusNotFound, "your account has no identity of this provider"},
	"no_match":               {http.StatusNotFound, "there is no result of such a match"},
	"no_matchmaking":         {http.StatusUnprocessableEntity, "the game takes no tickets; use POST /v1/quickjoin"},
	"no_member":              {http.StatusNotFound, "the party has no such member besides you; load it again"},
	"no_party":               {http.StatusNotFound, "you are in no party; make one, or join one by its code"},
	"no_player":              {http.StatusNotFound, "there is no such player, or one that has never taken a seat"},
	"no_provider":            {http.StatusNotFound, "there is no such provider; GET /v1/auth/oidc lists them"},
	"no_room":                {http.StatusNotFound, "there is no such room; it may have ended"},
	"no_session":             {http.StatusNotFound, "you have no such session; it may have ended"},
	"no_ticket":              {http.StatusNotFound, "there is no such ticket; make a new one"},
	"not_acceptable":         {http.StatusNotAcceptable, "this gives application/json, which Accept leaves out"},
	"not_asked":              {http.StatusConflict, "no match is waiting for an answer by this ticket; look how it stands"},
	"not_found":              {http.StatusNotFound, "there is nothing here; GET /v1/openapi.json lists the routes"},
	"not_leader":             {http.StatusForbidden, "only the leader of the party may do this"},
	"not_on_board":           {http.StatusNotFound, "the player has no ranked match in this mode"},
	"not_watched":            {http.StatusForbidden, "nobody may watch this room; join it"},
	"origin_not_allowed":     {http.StatusForbidden, "pages of that origin may not call this server; see --allowed-origins"},
	"overloaded":             {http.StatusServiceUnavailable, "the server's ticks run late, so it takes nobody in now; try again later"},
	"party_full":             {http.StatusConflict, "the party is full"},
	"party_not_ready":        {http.StatusConflict, "Ben is not ready; each member says so with POST /v1/party/ready"},
	"plays_here":             {http.StatusConflict, "you play in this room; leave it to watch"},
	"provider_unavailable":   {http.StatusServiceUnavailable, "the provider does not answer; try again later"},
	"refresh_refused":        {http.StatusUnauthorized, "the refresh token is not valid any more; sign in again"},
	"replaced":               {http.StatusConflict, "newer readers of the account have taken the place of this one; share one of them"},
	"room_full":              {http.StatusConflict, "the room is full; join another"},
	"sign_in_again":          {http.StatusForbidden, "this needs a sign-in of the last ten minutes; sign in again and repeat it"},
	"sign_in_expired":        {http.StatusBadRequest, "this sign-in is too old, was used, or began elsewhere; begin again"},
	"too_many_parties":       {http.StatusServiceUnavailable, "there are too many parties; try again later"},
	"too_many_requests":      {http.StatusTooManyRequests, "too many requests; wait as long as Retry-After says"},
	"too_many_rooms":         {http.StatusTooManyRequests, "too many of your rooms are running; use one of them or wait until it ends"},
	"too_many_streams":       {http.StatusServiceUnavailable, "too many are reading events; try again later"},
	"too_many_tickets":       {http.StatusServiceUnavailable, "too many players are waiting; try again later"},
	"unauthorized":           {http.StatusUnauthorized, "send a valid access token as Authorization: Bearer; refresh it or sign in again"},
	"unknown_game":           {http.StatusNotFound, "there is no such game; GET /v1/config lists them"},
	"unknown_mode":           {http.StatusNotFound, "there is no such mode; GET /v1/config lists them"},
	"unsupported_media_type": {http.StatusUnsupportedMediaType, "send Content-Type: application/json"},
	"wrong_password":         {http.StatusForbidden, "this is not the password of the room"},
}

// What many operations may answer, for the list of operation.
const (
	// everywhere is what any request may be answered, with the guard in front of the lobby.
	everywhere = "internal host_not_allowed origin_not_allowed invalid"
	// withBody is what a request with a body may be answered before the body is decoded.
	withBody = "bad_request body_too_large unsupported_media_type"
	// withToken is what an operation may answer that needs an access token.
	withToken = "unauthorized too_many_requests"
	// repeated is what an Idempotency-Key may be answered.
	repeated = "bad_idempotency_key idempotency_key_reused"
	// stored is what an operation may answer that asks the database.
	stored = "database_unavailable cancelled"
	// seating is what an operation may answer that reserves a place.
	seating = "busy overloaded draining " + stored
)
