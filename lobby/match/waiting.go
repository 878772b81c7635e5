package match

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Waiting is a ticket as a pass sees it: a party, of one or more, that is put into one team as a whole.
type Waiting struct {
	ID      string
	Since   time.Time // when it was queued; a ticket that comes back from a match that did not start keeps its time
	Members []Member
	// Latency is the round trip to each region in milliseconds, for a party that of its worst member. A region left out is one
	// where the party cannot play.
	Latency map[string]int
	// Attributes of the party; see Rules.Attributes.
	Attributes map[string][]string

	facts *facts // for the rules by which it was checked
}

// facts are a ticket in the form in which a pass compares tickets: numbers and sets instead of names.
type facts struct {
	rules   *Rules
	skill   float64
	key     string   // the attributes that must be equal, spelt out: tickets whose keys differ never meet
	latency []uint16 // to each region of the rules; far where the ticket cannot play
	roles   []uint16 // of each member, a bit for each role
	shared  []uint64 // for each attribute to be had in common, a bit for each value
}

// far is a latency that no rule allows.
const far = math.MaxUint16

// Member is one player of a party.
type Member struct {
	Player string
	Skill  float64
	Roles  []string // those that the player would take; empty means any
}

// Skill is the mean of the members' skills.
func (w *Waiting) Skill() float64 {
	sum := 0.0
	for _, m := range w.Members {
		sum += m.Skill
	}
	return sum / float64(len(w.Members))
}

// Check says why a ticket could never be matched by the rules, nil when it could. It prepares the ticket for passes by these rules: a
// ticket that is changed must be checked again.
func (r *Rules) Check(w *Waiting) error {
	if err := r.check(w); err != nil {
		return err
	}
	w.facts = r.read(w)
	return nil
}

func (r *Rules) check(w *Waiting) error {
	if n := len(w.Members); n < 1 || n > r.Size.Max {
		return fmt.Errorf("match: a party of %d, want 1 to %d", n, r.Size.Max)
	}
	for _, m := range w.Members {
		if !(m.Skill >= -1e9 && m.Skill <= 1e9) {
			return fmt.Errorf("match: skill %v of player %q is no number that can be compared", m.Skill, m.Player)
		}
		for _, name := range m.Roles {
			if !slices.ContainsFunc(r.Roles, func(o Role) bool { return o.Name == name }) {
				return fmt.Errorf("match: no role %q", name)
			}
		}
	}
	if len(r.Regions) > 0 {
		most := r.Latency
		for _, s := range r.Widen {
			most = max(most, s.Latency)
		}
		near := false
		for _, region := range r.Regions {
			ms, ok := w.Latency[region]
			near = near || ok && ms >= 0 && ms <= most
		}
		if !near {
			return fmt.Errorf("match: no region within %d ms: want latency to at least one of %v", most, r.Regions)
		}
	}
	for _, a := range r.Attributes {
		values := w.Attributes[a.Name]
		if len(values) == 0 || len(values) > MaxValues {
			return fmt.Errorf("match: %d values of attribute %q, want 1 to %d", len(values), a.Name, MaxValues)
		}
		for i, v := range values {
			if len(v) > maxName || slices.Contains(values[:i], v) {
				return fmt.Errorf("match: attribute %q has value %.80q twice, or it is over %d bytes", a.Name, v, maxName)
			}
			if len(a.Values) > 0 && !slices.Contains(a.Values, v) {
				return fmt.Errorf("match: attribute %q cannot be %.80q, want of %v", a.Name, v, a.Values)
			}
		}
	}
	return nil
}

// Opening is a running room that takes more players.
type Opening struct {
	Room       string
	Region     string // one of Rules.Regions, empty without them
	Skill      float64
	Attributes map[string][]string
	Places     [][]string // the free places of each team: the role that each asks for, "" without roles. The queue's from then on
}

// Match is a set of tickets that play together.
type Match struct {
	Opening int // index into the openings given, -1 for a new room
	Region  string
	Teams   int // in all
	Places  []Place
}

// Clone is a match of its own, with nothing of the Matcher that made it.
func (m Match) Clone() Match {
	m.Places = slices.Clone(m.Places)
	for i := range m.Places {
		m.Places[i].Roles = slices.Clone(m.Places[i].Roles)
	}
	return m
}

// Place is where a ticket of a match goes.
type Place struct {
	Ticket int      // index into the tickets given
	Team   int      // 0 is the first
	Roles  []string // a role for each member, empty without roles
}

// Cause is what keeps a ticket waiting.
type Cause uint8

// The causes. Where several keep a ticket, the one told is the first in this order that would give it more to play with.
const (
	NotWaiting   Cause = iota // it was matched
	ByLatency                 // no region is near enough
	BySkill                   // there are players, but not of this skill
	ByRoles                   // there are players, but the roles still to fill are not theirs
	ByParty                   // there are players, but their parties do not fit into the teams
	ByAttributes              // there are players, but they have no common value
	ByBalance                 // there are players, but no even teams of them
	ByPlayers                 // there are too few players
	ByRoom                    // a match was found, and no room could be made for it: it is tried again. Not of a pass
)

var causes = [...]string{"", "latency", "skill", "roles", "party", "attributes", "balance", "players", "room"}

func (c Cause) String() string { return causes[c] }

// Reason is why a ticket waits.
type Reason struct {
	Cause   Cause
	Found   uint8     // players that it could play with, itself included
	Needed  uint8     // players of the smallest match that it may be in
	Widens  time.Time // when its limits widen next, zero when they do not
	Blocked uint16    // tickets nearby that the cause keeps away, of those looked at
}

// Outcome of a pass.
type Outcome struct {
	Matches []Match
	Reasons []Reason // one for each ticket given
}
