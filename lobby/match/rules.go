package match

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// DefaultWait is how long a ticket is queued when its rules do not say.
const DefaultWait = 10 * time.Minute

// Bounds of a rule set. They keep a pass predictable and let sets of regions, roles and values be one machine word.
const (
	MaxPlayers    = 64 // in one match
	MaxRegions    = 32
	MaxRoles      = 16
	MaxAttributes = 8
	MaxValues     = 64 // of one "common" attribute
	MaxSteps      = 16
	maxName       = 64 // bytes of any name
)

// Rules say which tickets of a mode may play together. They are written as JSON; docs/matchmaking.md explains each field with
// examples. The zero value is not valid: Teams and Size are required.
type Rules struct {
	// Teams and Size give the shape of a match: that many teams of that many players each, all teams alike. A larger match is
	// preferred to a smaller one. A free-for-all is teams of one.
	Teams Span `json:"teams"`
	Size  Span `json:"size"`
	// Roles of each team; their counts sum up to Size, which then is one number. Empty means that players have no roles.
	Roles []Role `json:"roles,omitempty"`
	// Skill is the largest distance between the lowest and the highest ticket of a match, in the unit of the ratings. Zero means
	// that skill is not looked at. A party has the mean skill of its members.
	Skill float64 `json:"skill,omitempty"`
	// Balance is the largest distance between the mean skills of two teams; zero means any. Teams are made as even as they can
	// be in any case.
	Balance float64 `json:"balance,omitempty"`
	// Regions where rooms can run; a ticket says its latency to them. Empty means one place for all.
	Regions []string `json:"regions,omitempty"`
	// Latency is the most milliseconds that each player of a match may have to its region. Required with Regions.
	Latency int `json:"latency_ms,omitempty"`
	// Attributes that a match must agree in, however long its players wait.
	Attributes []AttributeRule `json:"attributes,omitempty"`
	// Widen relaxes the limits for a ticket that has waited. Each step counts from its time on and names only what it changes; no
	// step is narrower than the one before.
	Widen []Step `json:"widen,omitempty"`
	// Wait is how many seconds a ticket is queued before it expires; zero means 600.
	Wait int `json:"wait_s,omitempty"`
	// Ready is how many seconds the players of a match have to say that they are there; zero means that they are not asked.
	Ready int `json:"ready_s,omitempty"`
	// Backfill lets tickets into running rooms of the mode whose teams have places left.
	Backfill bool `json:"backfill,omitempty"`
}

// Span is a number or, as JSON, {"min": 2, "max": 8}.
type Span struct{ Min, Max int }

// Role is a place in each team.
type Role struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// AttributeRule says how the tickets of a match must agree in one attribute.
type AttributeRule struct {
	Name string `json:"name"`
	// Match is "equal": all tickets have the same values; or "common": there is a value that all tickets have.
	Match string `json:"match"`
	// Values that a ticket may have. Required for "common", at most MaxValues; empty means any for "equal".
	Values []string `json:"values,omitempty"`
}

// Step is what a ticket's limits become once it has waited for After seconds. Fields left out stay as they were.
type Step struct {
	After   int     `json:"after_s"`
	Skill   float64 `json:"skill,omitempty"`
	Balance float64 `json:"balance,omitempty"`
	Latency int     `json:"latency_ms,omitempty"`
	Teams   int     `json:"teams_min,omitempty"` // fewer teams are enough
	Size    int     `json:"size_min,omitempty"`  // fewer players a team are enough
}

// ParseRules reads a rule set and checks it. Unknown fields are errors.
func ParseRules(blob []byte) (Rules, error) {
	var r Rules
	if err := decode(blob, &r); err != nil {
		return Rules{}, fmt.Errorf("match: rules: %w", err)
	}
	if err := r.Validate(); err != nil {
		return Rules{}, err
	}
	return r, nil
}

// UnmarshalJSON reads a number or an object with min and max.
func (s *Span) UnmarshalJSON(blob []byte) error {
	var n int
	if json.Unmarshal(blob, &n) == nil {
		*s = Span{n, n}
		return nil
	}
	var pair struct {
		Min int `json:"min"`
		Max int `json:"max"`
	}
	dec := json.NewDecoder(bytes.NewReader(blob))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&pair); err != nil {
		return fmt.Errorf(`teams and size want a number or {"min": 1, "max": 2}: %w`, err)
	}
	*s = Span{pair.Min, pair.Max}
	return nil
}

// MarshalJSON writes what UnmarshalJSON reads, a number where Min and Max are one.
func (s Span) MarshalJSON() ([]byte, error) {
	if s.Min == s.Max {
		return json.Marshal(s.Min)
	}
	return fmt.Appendf(nil, `{"min":%d,"max":%d}`, s.Min, s.Max), nil
}

// Validate names the first field that does not fit, and what would.
func (r Rules) Validate() error {
	for _, check := range []func() error{r.checkShape, r.checkRoles, r.checkRegions, r.checkAttributes, r.checkSteps} {
		if err := check(); err != nil {
			return fmt.Errorf("match: rules: %w", err)
		}
	}
	return nil
}

func (r Rules) checkShape() error {
	switch {
	case r.Teams == Span{}:
		return errors.New(`teams is required: how many teams a match has, a number or {"min": 2, "max": 8}`)
	case r.Size == Span{}:
		return errors.New(`size is required: how many players a team has, a number or {"min": 1, "max": 2}`)
	case r.Teams.Min < 1 || r.Teams.Max < r.Teams.Min:
		return fmt.Errorf("teams is %d to %d, want at least 1 and min not above max", r.Teams.Min, r.Teams.Max)
	case r.Size.Min < 1 || r.Size.Max < r.Size.Min:
		return fmt.Errorf("size is %d to %d, want at least 1 and min not above max", r.Size.Min, r.Size.Max)
	case r.Teams.Max > MaxPlayers || r.Size.Max > MaxPlayers || r.Teams.Max*r.Size.Max > MaxPlayers:
		return fmt.Errorf("%d teams of %d are more than %d players", r.Teams.Max, r.Size.Max, MaxPlayers)
	case r.Teams.Min*r.Size.Min < 2:
		return errors.New("teams and size allow a match of one player")
	case !(r.Skill >= 0 && r.Skill <= 1e9):
		return fmt.Errorf("skill is %v, want 0 to 1e9", r.Skill)
	case !(r.Balance >= 0 && r.Balance <= 1e9):
		return fmt.Errorf("balance is %v, want 0 to 1e9", r.Balance)
	case r.Wait < 0 || r.Wait > 24*3600:
		return fmt.Errorf("wait_s is %d, want 0 to 86400", r.Wait)
	case r.Ready < 0 || r.Ready > 120:
		return fmt.Errorf("ready_s is %d, want 0 to 120", r.Ready)
	}
	return nil
}

func (r Rules) checkRoles() error {
	if len(r.Roles) == 0 {
		return nil
	}
	if len(r.Roles) > MaxRoles {
		return fmt.Errorf("%d roles, want at most %d", len(r.Roles), MaxRoles)
	}
	sum := 0
	for i, role := range r.Roles {
		if err := checkName("roles", role.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Roles[:i], func(o Role) bool { return o.Name == role.Name }) {
			return fmt.Errorf("role %q is there twice", role.Name)
		}
		if role.Count < 1 {
			return fmt.Errorf("role %q has count %d, want at least 1", role.Name, role.Count)
		}
		sum += role.Count
	}
	if r.Size.Min != r.Size.Max || sum != r.Size.Max {
		return fmt.Errorf("roles have %d places in all, and size is %d to %d: want the same number in all three", sum, r.Size.Min, r.Size.Max)
	}
	return nil
}

func (r Rules) checkRegions() error {
	if len(r.Regions) > MaxRegions {
		return fmt.Errorf("%d regions, want at most %d", len(r.Regions), MaxRegions)
	}
	for i, name := range r.Regions {
		if err := checkName("regions", name); err != nil {
			return err
		}
		if slices.Contains(r.Regions[:i], name) {
			return fmt.Errorf("region %q is there twice", name)
		}
	}
	if (len(r.Regions) > 0) != (r.Latency > 0) {
		return errors.New("regions and latency_ms go together: give both or neither")
	}
	if r.Latency < 0 || r.Latency > 10_000 {
		return fmt.Errorf("latency_ms is %d, want 0 to 10000", r.Latency)
	}
	return nil
}

func (r Rules) checkAttributes() error {
	if len(r.Attributes) > MaxAttributes {
		return fmt.Errorf("%d attributes, want at most %d", len(r.Attributes), MaxAttributes)
	}
	for i, a := range r.Attributes {
		if err := checkName("attributes", a.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Attributes[:i], func(o AttributeRule) bool { return o.Name == a.Name }) {
			return fmt.Errorf("attribute %q is there twice", a.Name)
		}
		switch {
		case a.Match != "equal" && a.Match != "common":
			return fmt.Errorf(`attribute %q has match %q, want "equal" or "common"`, a.Name, a.Match)
		case a.Match == "common" && len(a.Values) == 0:
			return fmt.Errorf(`attribute %q is "common" and has no values to choose from`, a.Name)
		case len(a.Values) > MaxValues:
			return fmt.Errorf("attribute %q has %d values, want at most %d", a.Name, len(a.Values), MaxValues)
		}
		for j, v := range a.Values {
			if err := checkName("attribute "+a.Name, v); err != nil {
				return err
			}
			if slices.Contains(a.Values[:j], v) {
				return fmt.Errorf("attribute %q has value %q twice", a.Name, v)
			}
		}
	}
	return nil
}

func (r Rules) checkSteps() error {
	if len(r.Widen) > MaxSteps {
		return fmt.Errorf("%d steps in widen, want at most %d", len(r.Widen), MaxSteps)
	}
	at, before := 0, r.limits()
	for i, s := range r.Widen {
		where := fmt.Sprintf("widen[%d]", i)
		if s.After <= at || s.After > 24*3600 {
			return fmt.Errorf("%s.after_s is %d, want more than the step before and at most 86400", where, s.After)
		}
		at = s.After
		if field := r.unlimited(s); field != "" {
			return fmt.Errorf("%s.%s has nothing to widen, because rules.%s is missing; give that, or leave this out", where, field, field)
		}
		switch {
		case s.Skill != 0 && !(s.Skill >= before.skill && s.Skill <= 1e9):
			return fmt.Errorf("%s.skill is %v, want at least %v: a step widens", where, s.Skill, before.skill)
		case s.Balance != 0 && !(s.Balance >= before.balance && s.Balance <= 1e9):
			return fmt.Errorf("%s.balance is %v, want at least %v: a step widens", where, s.Balance, before.balance)
		case s.Latency != 0 && (s.Latency < before.latency || s.Latency > 10_000):
			return fmt.Errorf("%s.latency_ms is %d, want %d to 10000: a step widens", where, s.Latency, before.latency)
		case s.Teams != 0 && (s.Teams < 1 || s.Teams > before.teams):
			return fmt.Errorf("%s.teams_min is %d, want 1 to %d: a step widens", where, s.Teams, before.teams)
		case s.Size != 0 && (s.Size < 1 || s.Size > before.size || len(r.Roles) > 0):
			return fmt.Errorf("%s.size_min is %d, want 1 to %d, and no roles: a step widens", where, s.Size, before.size)
		}
		before = before.widened(s)
		if before.teams*before.size < 2 {
			return fmt.Errorf("%s allows a match of one player", where)
		}
	}
	return nil
}

// unlimited is a limit that a step would widen and that the rules do not have; empty: there is none.
func (r Rules) unlimited(s Step) string {
	switch {
	case s.Skill != 0 && r.Skill == 0:
		return "skill"
	case s.Balance != 0 && r.Balance == 0:
		return "balance"
	case s.Latency != 0 && r.Latency == 0:
		return "latency_ms"
	}
	return ""
}

func checkName(where, name string) error {
	if name == "" || len(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("%s: name %q, want 1 to %d bytes and no control characters", where, name, maxName)
	}
	return nil
}

// limits are the limits of a ticket at a time.
type limits struct {
	skill, balance float64
	latency        int
	teams, size    int // the least

	teamsMax, sizeMax int
}

func (r *Rules) limits() limits {
	return limits{skill: r.Skill, balance: r.Balance, latency: r.Latency, teams: r.Teams.Min, size: r.Size.Min,
		teamsMax: r.Teams.Max, sizeMax: r.Size.Max}
}

func (l limits) widened(s Step) limits {
	if s.Skill != 0 {
		l.skill = s.Skill
	}
	if s.Balance != 0 {
		l.balance = s.Balance
	}
	if s.Latency != 0 {
		l.latency = s.Latency
	}
	if s.Teams != 0 {
		l.teams = s.Teams
	}
	if s.Size != 0 {
		l.size = s.Size
	}
	return l
}

// stepAt is how many steps count for a ticket that has waited, and when the next one will; next is 0 when there is none.
func (r *Rules) stepAt(waited time.Duration) (n int, next time.Duration) {
	for n < len(r.Widen) {
		after := time.Duration(r.Widen[n].After) * time.Second
		if waited < after {
			return n, after
		}
		n++
	}
	return n, 0
}
