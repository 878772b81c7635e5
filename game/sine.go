package game

// Turn is the number of steps in a full turn, for Sin and Cos: what a field tagged `bits=10,wrap` tells apart.
const Turn = 1024

// Sin is the sine of an angle in steps of 1/Turn of a full turn; any int will do. It is a whole number of 1/65536 and comes from a table
// that the browser has too (`sin` of the SDK): a predicted step that uses it comes to the same bits on every machine, where math.Sin
// has a last bit of its own on each.
func Sin(steps int) float32 {
	const quarter = Turn / 4
	i := steps & (Turn - 1)
	switch {
	case i <= quarter:
		return float32(quarterSines[i]) / 65536
	case i <= 2*quarter:
		return float32(quarterSines[2*quarter-i]) / 65536
	case i <= 3*quarter:
		return -float32(quarterSines[i-2*quarter]) / 65536
	}
	return -float32(quarterSines[4*quarter-i]) / 65536
}

// Cos is the cosine, as Sin is the sine.
func Cos(steps int) float32 { return Sin(steps + Turn/4) }
