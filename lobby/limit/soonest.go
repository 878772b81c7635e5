package limit

import "time"

// soonest is a heap of the keys that are held, the one whose bucket was seen to be full first on top. A bucket that is taken from is full
// later than its place says; it moves when it is on top and looked at, so that taking from it costs nothing here.
type soonest[K comparable] []seen[K]

// seen is when a key's bucket was full again by what was known when it was put in place.
type seen[K comparable] struct {
	key  K
	full time.Time
}

// push adds a key.
func (h *soonest[K]) push(s seen[K]) {
	*h = append(*h, s)
	list := *h
	for i := len(list) - 1; i > 0; {
		above := (i - 1) / 2
		if !list[i].full.Before(list[above].full) {
			return
		}
		list[i], list[above] = list[above], list[i]
		i = above
	}
}

// pop removes the top.
func (h *soonest[K]) pop() {
	list := *h
	last := len(list) - 1
	list[0], list[last] = list[last], seen[K]{} // a key may hold a string
	*h = list[:last]
	h.sink()
}

// move gives the top a later time.
func (h soonest[K]) move(full time.Time) {
	h[0].full = full
	h.sink()
}

// sink brings the top down to its place.
func (h soonest[K]) sink() {
	for i := 0; ; {
		next := 2*i + 1
		if next+1 < len(h) && h[next+1].full.Before(h[next].full) {
			next++
		}
		if next >= len(h) || !h[next].full.Before(h[i].full) {
			return
		}
		h[i], h[next] = h[next], h[i]
		i = next
	}
}
