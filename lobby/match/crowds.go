package match

// maxCrowdRoles is how many roles crowds are counted for: the sets of more are too many.
const maxCrowdRoles = 5

// crowds answer whether players find roles without giving them any: they do if and only if, for every set of roles, there are no more
// players that take nothing else than it has places (Hall's marriage theorem). For each set a byte of a word counts the places less those
// players, over a bias: all counters are lowered by one subtraction, and one that would fall below zero shows in its highest bit.
//
// Which role each player gets is the business of roleSeats; with more than maxCrowdRoles roles so is whether they find any.
type crowds struct {
	words  int                          // of the counters of all sets, by the bits of their roles; 0 without roles, or with too many
	roles  int                          // likewise
	places counters                     // of each set, in one team
	takes  [1 << maxCrowdRoles]counters // for the roles that a player takes: 1 for each set that has them all
}

// counters hold a byte for each set of roles. No byte is ever over 64 and the bias, or below it by more than a party can be large, so
// that none carries into another.
type counters [1 << maxCrowdRoles / 8]uint64

const bias = 0x8080808080808080

// reset is for other rules.
func (c *crowds) reset(roles []Role) {
	c.words, c.roles, c.places = 0, len(roles), counters{}
	if len(roles) == 0 || len(roles) > maxCrowdRoles {
		return
	}
	sets := uint(1) << len(roles)
	c.words = int(sets+7) / 8
	for mask := range sets {
		c.takes[mask] = counters{}
		for set := range sets {
			if mask&^set == 0 {
				c.takes[mask][set/8] |= 1 << (set % 8 * 8)
			}
		}
	}
	for i, role := range roles {
		for set := range sets {
			c.places[set/8] += uint64(role.Count) * (uint64(set) >> i & 1) << (set % 8 * 8)
		}
	}
}

// sum adds up what players take.
func (c *crowds) sum(players []uint16) (need counters) {
	for _, mask := range players {
		for i := range c.words {
			need[i] += c.takes[mask][i]
		}
	}
	return need
}

// vacant is the counters of so many empty teams.
func (c *crowds) vacant(teams int) (left counters) {
	for i := range c.words {
		left[i] = bias + c.places[i]*uint64(teams)
	}
	return left
}

// admit lowers the counters by what players take, unless they find no roles. more are the words of what they take after the first.
func (c *crowds) admit(left *counters, need uint64, more []uint64) bool {
	first := left[0] - need
	over := ^first
	for i, n := range more {
		over |= ^(left[1+i] - n)
	}
	if over&bias != 0 {
		return false
	}
	left[0] = first
	for i, n := range more {
		left[1+i] -= n
	}
	return true
}

// release undoes an admit.
func (c *crowds) release(left *counters, need uint64, more []uint64) {
	left[0] += need
	for i, n := range more {
		left[1+i] += n
	}
}

// within is the set of roles of which one more player finds a place.
func (c *crowds) within(left *counters) (found uint16) {
	for r := range c.roles {
		over := uint64(0)
		for i := range c.words {
			over |= ^(left[i] - c.takes[1<<r][i])
		}
		if over&bias == 0 {
			found |= 1 << r
		}
	}
	return found
}
