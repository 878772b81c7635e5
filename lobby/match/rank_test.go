package match

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Who sorts by digits has no say in the order: it is that of a stable sort by comparisons, of which both zeros are one number.
func TestTicketsAreInTheOrderOfGroupAndSkill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		skill := rapid.OneOf(rapid.Float64Range(-1e9, 1e9), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1, 5e-324, -5e-324}))
		x := &index{groups: map[string]int32{"a": 0, "b": 1, "c": 2}}
		for range rapid.IntRange(0, 60).Draw(t, "tickets") {
			x.facts = append(x.facts, fact{entry: entry{skill: skill.Draw(t, "skill")}, group: rapid.Int32Range(0, 2).Draw(t, "group")})
		}
		want := make([]int32, len(x.facts))
		for i := range want {
			want[i] = int32(i)
		}
		slices.SortStableFunc(want, func(a, b int32) int {
			f, g := x.facts[a], x.facts[b]
			switch {
			case f.group != g.group:
				return int(f.group - g.group)
			case f.skill < g.skill:
				return -1
			case f.skill > g.skill:
				return 1
			}
			return 0
		})
		x.rank()
		for i := range x.ranks {
			if x.ranks[i].ticket != want[i] {
				t.Fatalf("ticket %d is at %d, want %d", x.ranks[i].ticket, i, want[i])
			}
		}
	})
}
