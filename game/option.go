package game

// Option changes how Replicate treats a table.
type Option func(*tableOptions)

// tableOptions is what the Options of one table come to.
type tableOptions struct {
	predicted bool
	sight     func(table) (sight, error) // makes what decides who sees which row; nil: everyone sees all
	sightName string                     // the Option that has set it; empty: none
	twice     string                     // another such Option, which is one too many
}

// see notes an Option that says who sees the rows.
func (o *tableOptions) see(name string, make func(table) (sight, error)) {
	if o.sightName != "" {
		o.twice = name
		return
	}
	o.sight, o.sightName = make, name
}

// Predicted is the Option of tables whose rows their owners' clients simulate ahead. A row's owner is the player in its first field
// of type PlayerID that is tagged `once`: Owner game.PlayerID `net:"owner,once"`. The table must have one. Packing writes each tagged field back
// into its struct as the wire carries it (quantised, clamped to its bounds), so the wire state is the state: a client that
// runs the same step on what it has received gets the same bits. The step must read tagged fields only.
func Predicted(o *tableOptions) { o.predicted = true }
