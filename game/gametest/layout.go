package gametest

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/skirmish-dev/skirmish/netcode/schema"
)

// layoutOf compiles the type of v and copies v to where its fields can be read.
func layoutOf(t TB, v any, use schema.Use) (*schema.Layout, unsafe.Pointer) {
	t.Helper()
	if v == nil {
		t.Fatalf("gametest: want a struct with net tags, got nil")
	}
	l, err := schema.Compile(reflect.TypeOf(v), use)
	if err != nil {
		t.Fatalf("gametest: %v", err)
	}
	at := reflect.New(reflect.TypeOf(v))
	at.Elem().Set(reflect.ValueOf(v))
	return l, at.UnsafePointer()
}

// rowLayout compiles T and finds the table it is the row of.
func rowLayout[T any](c *Client, table string) (*schema.Layout, int) {
	c.w.t.Helper()
	s := c.w.def.Schema()
	found, index := s.Find(table)
	if found == nil {
		c.w.t.Fatalf("gametest: game %s has no table %q; it has %s", s.Game, table, called(s.Tables, func(t schema.Table) string { return t.Name }))
	}
	l, err := schema.Compile(reflect.TypeFor[T](), schema.UseRow)
	if err != nil {
		c.w.t.Fatalf("gametest: %v", err)
	}
	if !sameFields(l.Fields, found.Fields) {
		c.w.t.Fatalf("gametest: table %q does not hold %v, it has the fields %v", table, reflect.TypeFor[T](), names(found.Fields))
	}
	return l, index
}

func findRecord(t TB, list []schema.Record, what, name string) []schema.Field {
	t.Helper()
	for i := range list {
		if list[i].Name == name {
			return list[i].Fields
		}
	}
	t.Fatalf("gametest: the game has no %s %q; it has %s", what, name, called(list, func(r schema.Record) string { return r.Name }))
	return nil
}

// sameFields compares field tables, but for the tables that references point into: a type alone does not know their names.
func sameFields(a, b []schema.Field) bool {
	return slices.EqualFunc(a, b, func(x, y schema.Field) bool {
		x.Of, y.Of = "", ""
		return x == y
	})
}

// called lists the names of what a game has.
func called[T any](all []T, name func(T) string) string {
	list := make([]string, len(all))
	for i := range all {
		list[i] = name(all[i])
	}
	return cmp.Or(strings.Join(list, ", "), "none")
}

func names(fields []schema.Field) []string {
	list := make([]string, len(fields))
	for i := range fields {
		list[i] = fields[i].Name
	}
	return list
}

// stringsOf gives the tagged strings of a struct, in the order of its fields.
func stringsOf(v any) (list []string) {
	eachString(reflect.ValueOf(v), func(s reflect.Value) { list = append(list, s.String()) })
	return list
}

// setStrings sets the tagged strings of the struct that p points to.
func setStrings(p any, list []string) {
	eachString(reflect.ValueOf(p).Elem(), func(s reflect.Value) {
		s.SetString(list[0])
		list = list[1:]
	})
}

// eachString calls f with each, those in arrays one by one.
func eachString(v reflect.Value, f func(reflect.Value)) {
	for i := range v.NumField() {
		if _, tagged := v.Type().Field(i).Tag.Lookup("net"); !tagged {
			continue
		}
		switch field := v.Field(i); {
		case field.Kind() == reflect.String:
			f(field)
		case field.Kind() == reflect.Array && field.Type().Elem().Kind() == reflect.String:
			for k := range field.Len() {
				f(field.Index(k))
			}
		}
	}
}
