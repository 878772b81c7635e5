//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// scenario is what the clients do over and over.
type scenario struct {
	name, shows string
	prepare     func(*world, context.Context) error // nil: nothing
	step        func(*worker) error
}

// scenarios over HTTP, in the order in which they run.
var scenarios = []scenario{
	{"guest", "sign-in as a new guest", nil, (*worker).guest},
	{"login", "sign-in with e-mail and password (one argon2id each)", nil, (*worker).login},
	{"rooms", "room list, 200", (*world).openRooms, (*worker).rooms},
	{"rooms304", "room list, 304", (*world).openRooms, (*worker).unchanged},
	{"quickjoin", "quick join", nil, (*worker).quickJoin},
	{"tickets", "ticket: create", nil, (*worker).ticket},
}

// What else there is to measure: the second half of tickets, and what bench/rest/apply does.
const (
	cancels   = "cancel"
	applying  = "results"
	applyOnes = "results1"
)

var others = []scenario{
	{name: cancels, shows: "ticket: cancel"},
	{name: applying, shows: "result applied, as many at once"},
	{name: applyOnes, shows: "result applied, one after the other as a server does"},
}

func scenarioNames() []string {
	var list []string
	for _, s := range scenarios {
		list = append(list, s.name)
	}
	return append(list, applying)
}

func (w *worker) guest() error {
	return w.call("guest", http.StatusOK, request{method: http.MethodPost, path: "/v1/auth/guest", body: `{"name":"Ann","transport":"body"}`}, nil)
}

func (w *worker) login() error {
	email := w.world.emails[w.next()%len(w.world.emails)]
	return w.call("login", http.StatusOK, request{
		method: http.MethodPost, path: "/v1/auth/login", body: fmt.Sprintf(`{"email":%q,"password":%q,"transport":"body"}`, email, password),
	}, nil)
}

func (w *worker) rooms() error {
	return w.call("rooms", http.StatusOK, request{method: http.MethodGet, path: "/v1/rooms?game=arena"}, nil)
}

// unchanged asks for the list with the tag of the one before. A list that has changed meanwhile is a fresh one, and counts as neither an
// error nor a 304.
func (w *worker) unchanged() error {
	r := request{method: http.MethodGet, path: "/v1/rooms?game=arena", etag: w.etag, from: w.world.from()}
	a, err := w.timed("rooms304", http.StatusNotModified, r)
	if err != nil {
		return err
	}
	switch a.status {
	case http.StatusNotModified:
		return nil
	case http.StatusOK:
		w.etag = a.etag
		return nil
	}
	return unwanted(r, a)
}

func (w *worker) quickJoin() error {
	return w.call("quickjoin", http.StatusOK, request{
		method: http.MethodPost, path: "/v1/quickjoin", body: `{"game":"arena"}`, token: w.token(),
	}, nil)
}

// ticket queues and gives up again, so that as many wait at the end as at the beginning.
func (w *worker) ticket() error {
	token := w.token()
	var made struct {
		ID string `json:"id"`
	}
	err := w.call("tickets", http.StatusCreated, request{
		method: http.MethodPost, path: "/v1/tickets", body: `{"mode":"crowd"}`, token: token,
	}, func(a answer) error { return json.Unmarshal(a.body, &made) })
	if err != nil {
		return err
	}
	return w.call(cancels, http.StatusNoContent, request{method: http.MethodDelete, path: "/v1/tickets/" + made.ID, token: token}, nil)
}
