package lobby

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/internal/playername"
	"github.com/skirmish-dev/skirmish/lobby/match"
)

// ServerConfig is what a client has to know before it signs in.
type ServerConfig struct {
	Protocol int          `json:"protocol" doc:"Version of the wire protocol."`
	Version  string       `json:"version" doc:"Version of the server."`
	Games    []GameInfo   `json:"games" nullable:"false"`
	Modes    []ModeInfo   `json:"modes" nullable:"false" doc:"What players can queue for with POST /v1/tickets."`
	Limits   ServerLimits `json:"limits"`
}

// GameInfo is one game of the server.
type GameInfo struct {
	Name       string `json:"name"`
	TickRate   int    `json:"tick_rate" doc:"Ticks per second."`
	MaxPlayers int    `json:"max_players" doc:"Players per room."`
	MatchSize  int    `json:"match_size" doc:"Players of the mode that it has without files of modes; 0: none. modes says what there is."`
}

// ModeInfo is a way to play a game that players queue for.
type ModeInfo struct {
	Name       string          `json:"name" example:"draughts"`
	Game       string          `json:"game" example:"draughts"`
	Ranked     bool            `json:"ranked" doc:"Results change ratings."`
	Teams      Range           `json:"teams"`
	TeamSize   Range           `json:"team_size"`
	Roles      []string        `json:"roles" nullable:"false" doc:"For roles of POST /v1/tickets."`
	Regions    []string        `json:"regions" nullable:"false" doc:"For latency_ms of POST /v1/tickets, which then is required."`
	Attributes []AttributeInfo `json:"attributes" nullable:"false" doc:"For attributes of POST /v1/tickets: all are required."`
	ReadyS     int             `json:"ready_s" doc:"Seconds that players have to accept a match; 0: they are not asked."`
}

// Range is a number from min to max.
type Range struct {
	Min int `json:"min" example:"2"`
	Max int `json:"max" example:"2"`
}

// AttributeInfo is an attribute in which the players of a match agree.
type AttributeInfo struct {
	Name   string   `json:"name" example:"map"`
	Values []string `json:"values" nullable:"false" doc:"Those that there are; empty: any."`
}

// ServerLimits is what requests have to stay within.
type ServerLimits struct {
	NameCharacters  int `json:"name_characters" doc:"Longest name in characters."`
	NameBytes       int `json:"name_bytes" doc:"Longest name in bytes of UTF-8."`
	BodyBytes       int `json:"body_bytes" doc:"Longest request body."`
	RoomsPerAccount int `json:"rooms_per_account" doc:"Rooms of one account that run at once."`
	TicketWaitS     int `json:"ticket_wait_s" doc:"Longest ?wait of GET /v1/tickets/{id} in seconds."`
}

func (l *Lobby) configRoutes(api huma.API) {
	huma.Register(api, operation(huma.Operation{
		OperationID: "getConfig", Method: http.MethodGet, Path: "/v1/config", Tags: []string{"config"},
		Summary: "Games, versions and limits", Description: "The same for everybody; it changes with the server's configuration only.",
		Responses: cacheableResponses[ServerConfig](api),
	}), func(_ context.Context, in *struct {
		Conditional
	}) (*cacheable, error) {
		return cacheJSON(in.Conditional, "public, max-age=60", l.serverConfig())
	})
}

func (l *Lobby) serverConfig() ServerConfig {
	out := ServerConfig{
		Modes:    []ModeInfo{},
		Protocol: l.cfg.Protocol, Version: l.cfg.Version, Games: []GameInfo{},
		Limits: ServerLimits{
			NameCharacters: playername.MaxRunes, NameBytes: playername.MaxBytes, BodyBytes: maxBody,
			RoomsPerAccount: l.cfg.Limits.RoomsPerAccount, TicketWaitS: maxWait,
		},
	}
	for _, g := range l.games {
		out.Games = append(out.Games, GameInfo(g))
	}
	for _, m := range l.queue.Modes() {
		out.Modes = append(out.Modes, modeInfo(m))
	}
	return out
}

func modeInfo(m match.Mode) ModeInfo {
	out := ModeInfo{
		Name: m.Name, Game: m.Game, Ranked: m.Ranked, Teams: Range(m.Rules.Teams), TeamSize: Range(m.Rules.Size), Roles: []string{},
		Regions: append([]string{}, m.Rules.Regions...), Attributes: []AttributeInfo{}, ReadyS: m.Rules.Ready,
	}
	for _, r := range m.Rules.Roles {
		out.Roles = append(out.Roles, r.Name)
	}
	for _, a := range m.Rules.Attributes {
		out.Attributes = append(out.Attributes, AttributeInfo{Name: a.Name, Values: append([]string{}, a.Values...)})
	}
	return out
}
