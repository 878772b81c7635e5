package rating_test

import (
	"fmt"

	"github.com/skirmish-dev/skirmish/lobby/rating"
)

// Two new players meet, the first wins.
func ExampleConfig_Rate() {
	var c rating.Config
	after, err := c.Rate([]rating.Team{
		{Rank: 1, Players: []rating.Player{{Skill: c.New(), Played: 1}}},
		{Rank: 2, Players: []rating.Player{{Skill: c.New(), Played: 1}}},
	})
	if err != nil {
		panic(err)
	}
	for _, team := range after {
		fmt.Printf("%.3f ± %.3f, sure of %.3f\n", team[0].Mu, team[0].Sigma, team[0].Ordinal())
	}
	// Output:
	// 27.635 ± 8.066, sure of 3.439
	// 22.365 ± 8.066, sure of -1.832
}
