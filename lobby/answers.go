package lobby

import (
	"container/heap"
	"crypto/sha256"
	"slices"
	"time"
)

// How many answers are kept for requests that may be repeated.
const (
	repeatAccount      = 64        // answers of one account; its oldest goes
	repeatAccountBytes = 256 << 10 // of one account; its oldest go
	repeatBytes        = 32 << 20  // of all accounts; the oldest of the account that holds most go
	repeatBase         = 512       // bytes that an answer takes besides its body, about
)

// repeatScope is what a key is good for.
type repeatScope struct{ account, path, key string }

// repeat is one request and its answer. All but the first three are written before done is closed, and read after it.
type repeat struct {
	scope   repeatScope
	request [sha256.Size]byte // of the body
	at      time.Time

	done        chan struct{}
	status      int // 0: it was no success
	contentType string
	location    string // empty: none
	body        []byte
	until       time.Time // zero: as long as it is kept

	counted int // bytes that answers counts for it; guarded as answers is
}

// answers is the kept requests of all accounts, within bounds. When the whole is full, the account that holds most makes room: what one
// account asks for, however much, never pushes out the answers of another that asks for less. The caller guards it.
type answers struct {
	kept   map[repeatScope]*repeat
	owners map[string]*answersOwner
	heavy  heavyOwners // all owners, the heaviest on top
	bytes  int
}

// answersOwner is what one account holds.
type answersOwner struct {
	account string
	own     []*repeat // the oldest first, never empty
	bytes   int
	at      int // in answers.heavy
}

func newAnswers() answers {
	return answers{kept: map[repeatScope]*repeat{}, owners: map[string]*answersOwner{}}
}

// of is the request that is kept for a scope, nil when there is none.
func (a *answers) of(scope repeatScope) *repeat { return a.kept[scope] }

// add keeps a request that has no answer yet. Nothing is kept for its scope.
func (a *answers) add(r *repeat) {
	o := a.owners[r.scope.account]
	if o == nil {
		o = &answersOwner{account: r.scope.account, own: []*repeat{r}}
		a.owners[o.account] = o
		heap.Push(&a.heavy, o)
	} else {
		o.own = append(o.own, r)
	}
	a.kept[r.scope] = r
	a.count(o, r)
}

// grown counts a request anew that has its answer now. One that had to make room meanwhile is left out.
func (a *answers) grown(r *repeat) {
	if a.kept[r.scope] == r {
		a.count(a.owners[r.scope.account], r)
	}
}

// count brings the sums up to date and lets go what is too much.
func (a *answers) count(o *answersOwner, r *repeat) {
	more := repeatBase + len(r.body) - r.counted
	r.counted += more
	o.bytes += more
	a.bytes += more
	heap.Fix(&a.heavy, o.at)
	for len(o.own) > repeatAccount || len(o.own) > 0 && o.bytes > repeatAccountBytes {
		a.forget(o.own[0])
	}
	for a.bytes > repeatBytes {
		a.forget(a.heavy[0].own[0])
	}
}

// forget lets a request go, if it is still kept.
func (a *answers) forget(r *repeat) {
	if a.kept[r.scope] != r {
		return
	}
	delete(a.kept, r.scope)
	a.bytes -= r.counted
	o := a.owners[r.scope.account]
	if len(o.own) == 1 {
		delete(a.owners, o.account)
		heap.Remove(&a.heavy, o.at)
		o.own = nil
		return
	}
	o.own = slices.DeleteFunc(o.own, func(other *repeat) bool { return other == r })
	o.bytes -= r.counted
	heap.Fix(&a.heavy, o.at)
}

// heavyOwners is a heap for container/heap. Of owners that hold the same, the one whose oldest answer is older is the heavier.
type heavyOwners []*answersOwner

func (h heavyOwners) Len() int { return len(h) }
func (h heavyOwners) Less(i, j int) bool {
	if h[i].bytes != h[j].bytes {
		return h[i].bytes > h[j].bytes
	}
	return h[i].own[0].at.Before(h[j].own[0].at)
}

func (h heavyOwners) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h *heavyOwners) Push(x any) {
	o := x.(*answersOwner)
	o.at = len(*h)
	*h = append(*h, o)
}

func (h *heavyOwners) Pop() any {
	last := len(*h) - 1
	o := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return o
}
