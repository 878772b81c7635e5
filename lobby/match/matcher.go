package match

import (
	"slices"
	"time"
)

// Matcher makes passes and owns the memory that they work in and that their outcome is in: a pass over no more tickets than one before
// allocates nothing, but for what it lets into running rooms, and so is no reason for a garbage collection in the midst of it. What a pass
// finds depends on its arguments alone: nothing in a Matcher says anything about the passes before. It keeps as much memory as its largest
// pass took, about 300 bytes a ticket. The zero value is ready; one goroutine uses it at a time.
type Matcher struct {
	index index
	pass  pass
}

// Pass is the function Pass, in the memory of m: all of the outcome is overwritten by the next Pass of m. See Match.Clone.
func (m *Matcher) Pass(rules *Rules, tickets []Waiting, openings []Opening, now time.Time) Outcome {
	m.index.reset(rules, tickets, now)
	p := &m.pass
	p.reset(&m.index, tickets, now)
	if rules.Backfill {
		p.backfill(openings)
	}
	for _, ticket := range p.byAge() {
		if !p.x.taken[ticket] {
			p.around(ticket)
			p.x.pack()
		}
	}
	for ticket, taken := range p.x.taken {
		if taken {
			p.out.Reasons[ticket] = Reason{}
		}
	}
	out := p.out
	p.forget()
	return out
}

// reset begins a pass.
func (p *pass) reset(x *index, tickets []Waiting, now time.Time) {
	p.x, p.tickets, p.now = x, tickets, now
	p.shapes = appendShapes(p.shapes[:0], x.steps)
	p.draft.x = x
	clear(p.out.Matches)
	p.out.Matches, p.out.Reasons = p.out.Matches[:0], resized(p.out.Reasons, len(tickets))
	p.places, p.roles = slices.Grow(p.places[:0], len(tickets)), p.roles[:0]
	if len(x.rules.Roles) > 0 {
		p.roles = slices.Grow(p.roles, x.players)
	}
}

// forget lets go of what belongs to the caller.
func (p *pass) forget() {
	p.tickets = nil
	p.x.forget()
}

// resized is s with n elements, whatever they hold.
func resized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// zeroed is s with n elements, all of them zero.
func zeroed[T any](s []T, n int) []T {
	s = resized(s, n)
	clear(s)
	return s
}
