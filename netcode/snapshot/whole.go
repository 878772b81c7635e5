package snapshot

// whole is the newest body made of nothing but what clients share. In a room in step whose tables have no fields for owners all
// clients are sent it: only the first has it put together.
type whole struct {
	tick uint32
	of   []*common // by table
	body []byte
}

// whole reports whether the body is the same for every client that shares what it is made of.
func (b *body) whole() bool {
	if b.partial || b.options.Checksum {
		return false
	}
	for i := range b.drafts {
		t := &b.h.schema.Tables[i]
		if b.drafts[i].common == nil || b.options.Player != 0 && t.Owner() >= 0 && t.HasOwnerOnly() {
			return false
		}
	}
	return true
}

// is reports whether b, which is whole, is what w has.
func (w *whole) is(b *body) bool {
	if w.tick != b.h.tick {
		return false
	}
	for i := range b.drafts {
		if b.drafts[i].common != w.of[i] {
			return false
		}
	}
	return true
}

func (w *whole) keep(b *body, made []byte) {
	w.tick, w.of = b.h.tick, w.of[:0]
	for i := range b.drafts {
		w.of = append(w.of, b.drafts[i].common)
	}
	w.body = append(w.body[:0], made...)
}
