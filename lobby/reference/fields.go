package reference

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// field is a property of a body, a parameter or a header.
type field struct {
	Name     string
	In       string // of a parameter: path, query, header or cookie
	Type     string
	Required bool
	Note     string
	Limits   []string // such as "at most 64 characters"
	Fields   []field  // of an object, or of the objects of a list
}

// fields is the properties of a schema: those that are required first. seen is the names of the schemas around it, in which it is not
// shown again.
func (d *document) fields(s *schema, seen []string) []field {
	s, seen = d.resolve(s, seen)
	for s != nil && s.Items != nil {
		s, seen = d.resolve(s.Items, seen)
	}
	if s == nil {
		return nil
	}
	var out []field
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		out = append(out, d.field(name, s.Properties[name], slices.Contains(s.Required, name), seen))
	}
	slices.SortStableFunc(out, func(a, b field) int {
		switch {
		case a.Required == b.Required:
			return 0
		case a.Required:
			return -1
		}
		return 1
	})
	return out
}

func (d *document) field(name string, s *schema, required bool, seen []string) field {
	if s == nil {
		return field{Name: name, Required: required}
	}
	f := field{Name: name, Type: d.typeOf(s, nil), Required: required, Note: s.Description, Fields: d.fields(s, seen)}
	if s, _ = d.resolve(s, nil); s != nil {
		f.Limits = limits(s)
	}
	return f
}

// resolve follows a reference. It is nil for one that is around itself or leads nowhere.
func (d *document) resolve(s *schema, seen []string) (*schema, []string) {
	if s == nil || s.Ref == "" {
		return s, seen
	}
	name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	if slices.Contains(seen, name) {
		return nil, seen
	}
	return d.Components.Schemas[name], append(slices.Clip(seen), name)
}

// typeOf is a type in words. seen is as in fields.
func (d *document) typeOf(s *schema, seen []string) string {
	s, seen = d.resolve(s, seen)
	if s == nil {
		return "any"
	}
	var names []string
	switch t := s.Type.(type) {
	case string:
		names = []string{t}
	case []any:
		for _, name := range t {
			names = append(names, fmt.Sprint(name))
		}
	default:
		return "any"
	}
	for i, name := range names {
		switch {
		case name == "array" && s.Items != nil:
			names[i] = "list of " + d.typeOf(s.Items, seen)
		case name == "string" && s.Format == "date-time":
			names[i] = "time"
		case name == "object" && s.Properties == nil:
			names[i] = "map"
		}
	}
	return strings.Join(names, " or ")
}

// limits is what values have to keep to.
func limits(s *schema) []string {
	var out []string
	add := func(format string, v any) { out = append(out, fmt.Sprintf(format, v)) }
	if len(s.Enum) > 0 {
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprint(v))
		}
		add("one of %s", strings.Join(values, ", "))
	}
	if s.Default != nil {
		add("%v if left out", s.Default)
	}
	if s.Minimum != nil {
		add("from %v", *s.Minimum)
	}
	if s.Maximum != nil {
		add("to %v", *s.Maximum)
	}
	if s.MinLength != nil {
		add("at least %d characters", *s.MinLength)
	}
	if s.MaxLength != nil {
		add("at most %d characters", *s.MaxLength)
	}
	if s.MaxItems != nil {
		add("at most %d", *s.MaxItems)
	}
	if s.Pattern != "" {
		add("matches %s", s.Pattern)
	}
	return out
}
