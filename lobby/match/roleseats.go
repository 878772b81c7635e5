package match

import "math/bits"

// roleSeats gives each of a set of players a role that it takes, with so many places for each role. It finds a way when there is
// one: a player that would be left over makes others change their role (augmenting paths, as in any text on bipartite matching).
type roleSeats struct {
	places [MaxRoles]uint8             // of each role
	held   [MaxRoles]uint8             // how many of them are taken
	holder [MaxRoles][MaxPlayers]uint8 // by whom
	mask   [MaxPlayers]uint16          // the roles that each player takes
	role   [MaxPlayers]uint8           // the role that each player has
	n      uint8                       // players
	roles  uint8                       // of which there are places

	reach uint16 // what within has found; 0 when it has to look anew
}

// reset empties s and sets the places of each role: teams times its count.
func (s *roleSeats) reset(roles []Role, teams int) {
	s.n, s.roles, s.reach = 0, uint8(len(roles)), 0
	s.held = [MaxRoles]uint8{}
	for i := range roles {
		s.places[i] = uint8(roles[i].Count * teams)
	}
}

// add takes players in, all of them or none.
func (s *roleSeats) add(players []uint16) bool {
	before := s.n
	s.reach = 0
	for _, mask := range players {
		s.mask[s.n] = mask
		var seen uint16
		if !s.place(s.n, &seen) {
			s.truncate(before)
			return false
		}
		s.n++
	}
	return true
}

// within is the set of roles of which one more player finds a place, be it that others change theirs. A player that takes none of
// them cannot be added; without places it is empty.
func (s *roleSeats) within() uint16 {
	if s.reach != 0 {
		return s.reach
	}
	for r := range s.roles {
		if s.held[r] < s.places[r] {
			s.reach |= 1 << r
		}
	}
	for before := ^s.reach; before != s.reach && s.reach != 0; {
		before = s.reach
		for r := range s.roles {
			for i := range s.held[r] {
				if s.reach&(1<<r) == 0 && s.mask[s.holder[r][i]]&s.reach != 0 {
					s.reach |= 1 << r
				}
			}
		}
	}
	return s.reach
}

// place finds a role for a player, among those not yet looked at.
func (s *roleSeats) place(player uint8, seen *uint16) bool {
	for set := s.mask[player]; set != 0; set &= set - 1 { // one that is free, if there is one
		if r := uint8(bits.TrailingZeros16(set)); s.held[r] < s.places[r] {
			s.holder[r][s.held[r]] = player
			s.held[r]++
			s.role[player] = r
			return true
		}
	}
	for set := s.mask[player] &^ *seen; set != 0; set = s.mask[player] &^ *seen {
		r := uint8(bits.TrailingZeros16(set))
		*seen |= 1 << r
		for i := range s.held[r] {
			if other := s.holder[r][i]; s.place(other, seen) {
				s.holder[r][i] = player
				s.role[player] = r
				return true
			}
		}
	}
	return false
}

// truncate lets all players but the first n go.
func (s *roleSeats) truncate(n uint8) {
	s.reach = 0
	for player := n; player < s.n; player++ {
		r := s.role[player]
		for i := range s.held[r] {
			if s.holder[r][i] == player {
				s.held[r]--
				s.holder[r][i] = s.holder[r][s.held[r]]
				break
			}
		}
	}
	s.n = n
}
