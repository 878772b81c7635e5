// Package interest finds which of many points are near one: a spatial hash for deciding what a client sees.
//
// A room fills a Grid once per tick with the rows of a table and asks it once for each client. Points are named by their
// slots; the package knows nothing of tables, players or games and imports nothing of this module.
package interest

import (
	"math"
	"math/bits"
)

// Margin is by how much further away than the radius, as a factor, a point stays in sight that was in sight before: one that
// moves along the edge does not come and go, each time with a full row.
const Margin = 1.1

// Grid holds points by the square they lie in. The zero value is not usable: make one with New. It belongs to one goroutine.
type Grid struct {
	// Static after construction.
	perUnit float64 // squares per unit of length

	// The points as they were added, and their range of slots.
	points []point
	top    int // highest slot + 1

	// The points in the order of their buckets; first[b] is where bucket b begins. Made by the first Query after Add.
	sorted []point
	first  []uint32
	ready  bool

	// Scratch of Query: bits by slot.
	found, before []uint64
}

type point struct {
	x, y float32
	hash uint32 // of its square
	slot uint16
}

// New makes a grid of squares of that size, in the unit of the points; a half of the usual radius of a Query is a good
// choice. A size that is not positive is taken as 1.
func New(size float32) *Grid {
	if !(size > 0) {
		size = 1
	}
	return &Grid{perUnit: 1 / float64(size)}
}

// Reset forgets all points.
func (g *Grid) Reset() {
	g.points, g.top, g.ready = g.points[:0], 0, false
}

// Add puts a point into the grid. A slot is added at most once between two calls of Reset. A point that is NaN or infinite is
// near nothing.
func (g *Grid) Add(slot uint16, x, y float32) {
	if x-x != 0 || y-y != 0 {
		return
	}
	g.points = append(g.points, point{x, y, hash(g.square(float64(x)), g.square(float64(y))), slot})
	g.top = max(g.top, int(slot)+1)
	g.ready = false
}

// Query appends the slots of the points at most r from x, y, ascending, and of those at most Margin times r away which are in
// before, the ascending slots that the same viewer had last time. dst and before must not share memory.
func (g *Grid) Query(dst, before []uint16, x, y, r float32) []uint16 {
	if len(g.points) == 0 || !(r >= 0) || x-x != 0 || y-y != 0 {
		return dst
	}
	g.prepare()
	g.mark(before)
	q := query{x: float64(x), y: float64(y), near: float64(r) * float64(r), far: float64(r) * float64(r) * Margin * Margin}
	reach := float64(r) * Margin
	x0, x1 := g.square(q.x-reach), g.square(q.x+reach)
	y0, y1 := g.square(q.y-reach), g.square(q.y+reach)
	// A circle that covers more squares than there are points is searched point by point.
	if (x1-x0+1)*(y1-y0+1) > int64(len(g.points)) {
		g.scan(g.sorted, &q)
	} else {
		for row := y0; row <= y1; row++ {
			g.scanRow(row, x0, x1, &q)
		}
	}
	g.unmark(before)
	return g.take(dst)
}

// Within reports whether a point is at most r from x, y: whether Query finds it that had not seen it before.
func Within(pointX, pointY, x, y, r float32) bool {
	if !(r >= 0) || pointX-pointX != 0 || pointY-pointY != 0 || x-x != 0 || y-y != 0 {
		return false
	}
	dx, dy := float64(pointX)-float64(x), float64(pointY)-float64(y)
	return dx*dx+dy*dy <= float64(r)*float64(r)
}

type query struct{ x, y, near, far float64 }

// square is the number of the column or row that a coordinate lies in. Beyond what the numbers reach everything lies in the
// outermost one.
func (g *Grid) square(v float64) int64 {
	const reach = 1 << 30
	return int64(math.Floor(min(max(v*g.perUnit, -reach), reach)))
}

// hash of a square; its low bits are its bucket. The squares of a row have consecutive hashes, so that a row of a query is one
// stretch of points, and the factor, being odd, spreads the rows over all buckets. Different squares may share a bucket: Query
// looks at each point's distance anyway and counts none twice.
func hash(column, row int64) uint32 { return uint32(column + row*0x9E3779B1) }

// prepare sorts the points by bucket, by counting.
func (g *Grid) prepare() {
	if g.ready {
		return
	}
	g.ready = true
	buckets := 1 << bits.Len(uint(len(g.points)|63))
	if len(g.first) != buckets+1 {
		g.first = make([]uint32, buckets+1)
	}
	clear(g.first)
	mask := uint32(buckets - 1)
	for i := range g.points {
		g.first[g.points[i].hash&mask+1]++
	}
	for b := 1; b <= buckets; b++ {
		g.first[b] += g.first[b-1]
	}
	if cap(g.sorted) < len(g.points) {
		g.sorted = make([]point, len(g.points), 2*len(g.points))
	}
	g.sorted = g.sorted[:len(g.points)]
	for i := range g.points {
		b := g.points[i].hash & mask
		g.sorted[g.first[b]] = g.points[i]
		g.first[b]++
	}
	// Each first is now where the next bucket begins.
	copy(g.first[1:], g.first[:buckets])
	g.first[0] = 0
	if words := (g.top + 63) / 64; len(g.found) < words {
		g.found, g.before = make([]uint64, words), make([]uint64, words)
	}
}

// scanRow looks at the points of a row's squares from x0 to x1.
func (g *Grid) scanRow(row, x0, x1 int64, q *query) {
	buckets := len(g.first) - 1
	if x1-x0+1 >= int64(buckets) {
		g.scan(g.sorted, q)
		return
	}
	from, to := hash(x0, row)&uint32(buckets-1), hash(x1, row)&uint32(buckets-1)
	if from <= to {
		g.scan(g.sorted[g.first[from]:g.first[to+1]], q)
		return
	}
	g.scan(g.sorted[g.first[from]:], q)
	g.scan(g.sorted[:g.first[to+1]], q)
}

func (g *Grid) scan(points []point, q *query) {
	for i := range points {
		p := &points[i]
		dx, dy := float64(p.x)-q.x, float64(p.y)-q.y
		d := dx*dx + dy*dy
		if d > q.far {
			continue
		}
		word, bit := p.slot/64, uint64(1)<<(p.slot%64)
		if d <= q.near || g.before[word]&bit != 0 {
			g.found[word] |= bit
		}
	}
}

func (g *Grid) mark(slots []uint16) {
	for _, slot := range slots {
		if int(slot) < g.top {
			g.before[slot/64] |= 1 << (slot % 64)
		}
	}
}

func (g *Grid) unmark(slots []uint16) {
	for _, slot := range slots {
		if int(slot) < g.top {
			g.before[slot/64] = 0
		}
	}
}

// take appends the slots found, and forgets them.
func (g *Grid) take(dst []uint16) []uint16 {
	for i, word := range g.found[:(g.top+63)/64] {
		if word == 0 {
			continue
		}
		g.found[i] = 0
		for ; word != 0; word &= word - 1 {
			dst = append(dst, uint16(i*64+bits.TrailingZeros64(word)))
		}
	}
	return dst
}
