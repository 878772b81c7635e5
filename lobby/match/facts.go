package match

import "slices"

// read makes the facts of a ticket that was checked.
func (r *Rules) read(w *Waiting) *facts {
	f := &facts{rules: r, skill: w.Skill(), key: r.groupKey(w.Attributes)}
	for _, name := range r.Regions {
		ms, ok := w.Latency[name]
		if !ok || ms < 0 || ms > far {
			ms = far
		}
		f.latency = append(f.latency, uint16(ms))
	}
	for i := range w.Members {
		f.roles = append(f.roles, r.roleMask(w.Members[i].Roles))
	}
	f.shared = r.sharedMasks(w.Attributes)
	return f
}

// near is the set of regions within a latency, of the one region that there is without any.
func (f *facts) near(most int) uint32 {
	if len(f.latency) == 0 {
		return 1
	}
	var set uint32
	for r, ms := range f.latency {
		if int(ms) <= most {
			set |= 1 << r
		}
	}
	return set
}

// roleMask is the set of roles that a player takes.
func (r *Rules) roleMask(names []string) uint16 {
	if len(names) == 0 {
		return 1<<len(r.Roles) - 1
	}
	var set uint16
	for _, name := range names {
		for i := range r.Roles {
			if r.Roles[i].Name == name {
				set |= 1 << i
			}
		}
	}
	return set
}

// sharedMasks has the values of each attribute that is to be had in common.
func (r *Rules) sharedMasks(has map[string][]string) []uint64 {
	var masks []uint64
	for i := range r.Attributes {
		a := &r.Attributes[i]
		if a.Match != "common" {
			continue
		}
		var set uint64
		for _, v := range has[a.Name] {
			if at := slices.Index(a.Values, v); at >= 0 {
				set |= 1 << at
			}
		}
		masks = append(masks, set)
	}
	return masks
}

// groupKey spells out the attributes that must be equal.
func (r *Rules) groupKey(has map[string][]string) string {
	var key []byte
	for i := range r.Attributes {
		a := &r.Attributes[i]
		if a.Match != "equal" {
			continue
		}
		values := slices.Sorted(slices.Values(has[a.Name]))
		key = append(key, byte(len(values)))
		for _, v := range values {
			key = append(key, byte(len(v)))
			key = append(key, v...)
		}
	}
	return string(key)
}
