package game

import (
	"fmt"
	"reflect"
	"slices"
	"sync"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/msg"
	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// Builder collects what one instance of a game declares. It is valid while the function given to Define runs.
type Builder struct {
	game    string
	layouts *layouts
	schema  *schema.Schema
	tables  []table
	rows    map[reflect.Type]string // row type -> table name
	refs    []pendingRef
	events  []*eventType
	calls   []call
	players *Table[playerRow]
	options func(raw []byte) error // nil: there are none
	states  []extent               // given to State
	covered []extent               // all that was registered
	assets  []*Asset
}

// pendingRef is a reference field whose table may be declared later.
type pendingRef struct {
	table, field int
	row          reflect.Type
}

// layouts compiles each struct type once per Def, however many rooms there are, and has what else is made once.
type layouts struct {
	assets assetStore

	mu    sync.Mutex
	known map[layoutKey]*schema.Layout
}

type layoutKey struct {
	t   reflect.Type
	use schema.Use
}

func newLayouts() *layouts {
	return &layouts{assets: assetStore{known: map[string]*Asset{}}, known: map[layoutKey]*schema.Layout{}}
}

// playersTable is the table that every game has.
const playersTable = "players"

func newBuilder(name string, l *layouts) *Builder {
	b := &Builder{game: name, layouts: l, schema: &schema.Schema{Game: name}, rows: map[reflect.Type]string{}}
	b.players = new(Table[playerRow])
	Replicate(b, playersTable, b.players)
	return b
}

func (b *Builder) fail(format string, args ...any) {
	panic(fmt.Sprintf("game %s: ", b.game) + fmt.Sprintf(format, args...))
}

func (b *Builder) layout(t reflect.Type, use schema.Use, what string) *schema.Layout {
	b.layouts.mu.Lock()
	defer b.layouts.mu.Unlock()
	key := layoutKey{t, use}
	if l, ok := b.layouts.known[key]; ok {
		return l
	}
	l, err := schema.Compile(t, use)
	if err != nil {
		b.fail("%s: %v", what, err)
	}
	b.layouts.known[key] = l
	return l
}

// Replicate makes t a table of the room, seen by clients under name. T is a struct of plain data; its fields tagged
// `net:` are replicated; a fixed array of up to 16 elements is a field for each of them, named by its name and 0, 1, ... Each row
// type makes one table. Options change how it is treated: Near,
// OwnerOnly, Groups and Visible say who sees which row, Predicted that its owner's client runs ahead.
func Replicate[T any](b *Builder, name string, t *Table[T], opts ...Option) {
	declare(b, name, t, t, opts)
}

// declare adds t to the schema; the room keeps it as kept, which is t or wraps it.
func declare[T any](b *Builder, name string, t *Table[T], kept table, opts []Option) {
	row := reflect.TypeFor[T]()
	if other, dup := b.rows[row]; dup {
		b.fail("table %q: %v is already the row of table %q; define another type", name, row, other)
	}
	if name == playersTable && len(b.tables) > 0 {
		b.fail("table %q is already declared: every game has it, with the names of its players", name)
	}
	if _, i := b.schema.Find(name); i >= 0 {
		b.fail("table %q is already declared", name)
	}
	if !validName(name, schema.MaxName) {
		b.fail("table %q: a name has 1 to %d of a-z, 0-9, - and _", name, schema.MaxName)
	}
	if len(b.tables) == schema.MaxTables {
		b.fail("table %q: %d tables are the most", name, schema.MaxTables)
	}
	if t == nil || t.layout != nil {
		b.fail("table %q: give a table of its own to each room: a field of the value that build makes", name)
	}
	l := b.layout(row, schema.UseRow, fmt.Sprintf("table %q", name))
	index := len(b.tables)
	var o tableOptions
	for _, opt := range opts {
		opt(&o)
	}
	t.init(index, l, o)
	b.covers(reflect.TypeFor[Table[T]](), unsafe.Pointer(t))
	if o.twice != "" {
		b.fail("table %q: %s and %s both say who sees it; give one", name, o.sightName, o.twice)
	}
	if o.sight != nil {
		s, err := o.sight(t)
		if err != nil {
			b.fail("table %q: %s: %v", name, o.sightName, err)
		}
		t.sight = s
	}
	b.tables = append(b.tables, kept)
	b.rows[row] = name
	fields := append([]schema.Field(nil), l.Fields...)
	for i, ref := range l.Refs {
		if ref != nil {
			b.refs = append(b.refs, pendingRef{index, i, ref})
		}
	}
	shown := schema.Table{Record: schema.Record{Name: name, Fields: fields}, Predicted: o.predicted}
	if shown.Predicted && shown.Owner() < 0 {
		b.fail("table %q is Predicted: %s", name, ownerless(row, fields))
	}
	b.schema.Tables = append(b.schema.Tables, shown)
}

// ownerless says what to do about a row that nobody owns.
func ownerless(row reflect.Type, fields []schema.Field) string {
	i := slices.IndexFunc(fields, func(f schema.Field) bool { return f.Kind == schema.Player })
	if i < 0 {
		return fmt.Sprintf("%v has no owner whose client could run it ahead; give it a field Owner game.PlayerID `net:\"owner,once\"`", row)
	}
	return fmt.Sprintf("field %q of %v does not say whose row it is, because it may change; tag it `net:\"%s,once\"`", fields[i].Name, row, fields[i].Name)
}

// Emit makes e an event of the room, seen by clients under name. T is a struct with `net:` tags; strings are allowed.
func Emit[T any](b *Builder, name string, e *Event[T]) {
	b.checkRecord("event", name, b.schema.Events)
	if e == nil || e.typ != nil {
		b.fail("event %q: give an event of its own to each room: a field of the value that build makes", name)
	}
	l := b.layout(reflect.TypeFor[T](), schema.UseEvent, fmt.Sprintf("event %q", name))
	b.schema.Events = append(b.schema.Events, schema.Record{Name: name, Fields: l.Fields})
	et := &eventType{id: uint32(len(b.schema.Events)), layout: l}
	b.events = append(b.events, et)
	b.covers(reflect.TypeFor[Event[T]](), unsafe.Pointer(e))
	e.typ = et
}

// Handle makes name a call that clients may send. M is a struct with `net:` tags; strings are allowed, and one that is
// too long is refused, not cut. f runs before the tick's Tick, in the order in which the calls have come, and may do what
// Tick may. An error of f is the answer the client gets, as text; it ends nothing.
func Handle[M any](b *Builder, name string, f func(p *Player, m M) error) {
	b.checkRecord("call", name, b.schema.Calls)
	if f == nil {
		b.fail("call %q has no function", name)
	}
	l := b.layout(reflect.TypeFor[M](), schema.UseCall, fmt.Sprintf("call %q", name))
	b.schema.Calls = append(b.schema.Calls, schema.Record{Name: name, Fields: l.Fields})
	b.calls = append(b.calls, func(p *Player, args []byte) (error, bool) {
		var m M
		r := msg.NewReader(args)
		l.ReadArgs(&r, unsafe.Pointer(&m))
		if r.Done() != nil {
			return nil, false
		}
		return f(p, m), true
	})
}

func (b *Builder) checkRecord(what, name string, have []schema.Record) {
	if !validName(name, schema.MaxName) {
		b.fail("%s %q: a name has 1 to %d of a-z, 0-9, - and _", what, name, schema.MaxName)
	}
	if len(have) == schema.MaxRecords {
		b.fail("%s %q: %d are the most", what, name, schema.MaxRecords)
	}
	for i := range have {
		if have[i].Name == name {
			b.fail("%s %q is declared twice", what, name)
		}
	}
}

// call runs one registered call. ok is false when args do not fit its fields.
type call func(p *Player, args []byte) (refused error, ok bool)

// instance is one game of one room, its types erased.
type instance struct {
	schema  *schema.Schema
	tables  []table
	events  []*eventType
	calls   []call
	input   *schema.Layout
	players *Table[playerRow]
	options func(raw []byte) error // nil: there are none
	states  []extent               // given to State
	covered []extent               // all of the game's memory that was registered
	assets  []*Asset

	game any // for the optional interfaces
	join func(*Player)
	quit func(*Player)
	tick func(*Tick)
}

// checkOptional panics when g has a method that is meant for an optional interface and does not fit it: it would never be called.
func (b *Builder) checkOptional(g any) {
	_, opener := g.(Opener)
	_, admitter := g.(Admitter)
	_, closer := g.(Closer)
	_, dropper := g.(Dropper)
	_, resumer := g.(Resumer)
	for _, o := range []struct {
		method string
		fits   bool
		want   string
	}{
		{"Open", opener, "Open(*game.Tick)"},
		{"Admit", admitter, "Admit(*game.Player) error"},
		{"Close", closer, "Close(*game.Tick)"},
		{"Drop", dropper, "Drop(*game.Player)"},
		{"Resume", resumer, "Resume(*game.Player)"},
	} {
		if _, has := reflect.TypeOf(g).MethodByName(o.method); has && !o.fits {
			b.fail("%T has a method %s, but it must be %s to be called", g, o.method, o.want)
		}
	}
}

func newInstance[In any](b *Builder, g Game[In], input *schema.Layout) *instance {
	b.checkOptional(g)
	b.checkDeclared(g)
	in := &instance{
		schema: b.schema, events: b.events, calls: b.calls, input: input, players: b.players, options: b.options,
		states: b.states, covered: b.covered, assets: b.assets,
		game: g, join: g.Join, quit: g.Leave,
	}
	for _, ref := range b.refs {
		name, ok := b.rows[ref.row]
		if !ok {
			b.fail("table %q: field %q refers to %v, which no table holds", b.schema.Tables[ref.table].Name, b.schema.Tables[ref.table].Fields[ref.field].Name, ref.row)
		}
		b.schema.Tables[ref.table].Fields[ref.field].Of = name
	}
	b.schema.Input = input.Fields
	in.tables = b.tables
	in.tick = func(t *Tick) { g.Tick(t, Inputs[In]{layout: input}) }
	return in
}
