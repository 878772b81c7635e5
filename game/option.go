package game

// Option changes how Replicate treats a table.
type Option func(*tableOptions)

// tableOptions is what the Options of one table come to.
type tableOptions struct {
	predicted bool
}

// Predicted is the Option of tables whose rows their owners' clients simulate ahead. Packing writes each tagged field back
// into its struct as the wire carries it (quantised, clamped to its bounds), so the wire state is the state: a client that
// runs the same step on what it has received gets the same bits. The step must read tagged fields only.
func Predicted(o *tableOptions) { o.predicted = true }
