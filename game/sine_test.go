package game_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/skirmish-dev/skirmish/game"
)

func TestSineIsThatOfTheAngleInWholeParts(t *testing.T) {
	for steps := -3 * game.Turn; steps <= 3*game.Turn; steps++ {
		angle := 2 * math.Pi * float64(steps) / game.Turn
		for name, v := range map[string][2]float64{
			"sin": {float64(game.Sin(steps)), math.Sin(angle)}, "cos": {float64(game.Cos(steps)), math.Cos(angle)},
		} {
			if want := math.Round(65536 * v[1]); 65536*v[0] != want {
				t.Errorf("%s(%d) is %g/65536, want %g/65536", name, steps, 65536*v[0], want)
			}
		}
	}
}

func ExampleSin() {
	heading := game.Turn / 8 // an eighth of a full turn
	fmt.Println(game.Cos(heading), game.Sin(heading))
	// Output: 0.70710754 0.70710754
}
