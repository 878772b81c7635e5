package match

import (
	"testing"

	"pgregory.net/rapid"
)

// Parties come one after another, and each is let in by the counters if and only if it finds roles when they are given out.
func TestCrowdsKnowWhoFindsARole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roles := make([]Role, rapid.IntRange(1, maxCrowdRoles).Draw(t, "roles"))
		for i := range roles {
			roles[i].Count = rapid.IntRange(1, 4).Draw(t, "count")
		}
		teams := rapid.IntRange(1, 3).Draw(t, "teams")
		var c crowds
		c.reset([]Role{{"of other rules", 1}, {"", 1}, {"", 60}})
		c.reset(roles)
		var seats roleSeats
		seats.reset(roles, teams)
		left := c.vacant(teams)
		for range rapid.IntRange(1, 30).Draw(t, "parties") {
			party := rapid.SliceOfN(rapid.Uint16Range(1, 1<<len(roles)-1), 1, 5).Draw(t, "party")
			need, before := c.sum(party), left
			if got, want := c.admit(&left, need[0], need[1:c.words]), seats.add(party); got != want {
				t.Fatalf("party %b is let in: %t, want %t", party, got, want)
			} else if !got && left != before {
				t.Fatal("a party that was not let in has changed something")
			}
			if got, want := c.within(&left), seats.within(); got != want {
				t.Fatalf("one more finds %b, want %b", got, want)
			}
		}
	})
}
