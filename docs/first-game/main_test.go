package main

import (
	"testing"
	"time"

	"github.com/skirmish-dev/skirmish/game/gametest"
)

func TestItCatchesWhoStandsStill(t *testing.T) {
	w := gametest.New(t, def, gametest.Options{})
	ann, ben := w.Join("ann"), w.Join("ben") // ann is it, ben 150 to the right
	w.StepFor(2 * time.Second)               // until ben can be tagged
	ann.SetInput(Input{DX: 1})
	w.StepFor(time.Second) // virtual: takes a millisecond
	ben.SetInput(Input{DX: -1})
	w.Step(1)
	if got := gametest.Events[Tagged](ben, "tagged"); len(got) != 1 || got[0].Value.Who != ben.ID() {
		t.Errorf("ben heard %v", got)
	}
	for _, r := range gametest.Rows[Runner](ann, "runner") {
		if r.Value.It != (r.Value.Owner == ben.ID()) {
			t.Errorf("ann sees %+v", r.Value)
		}
	}
}
