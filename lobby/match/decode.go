package match

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// decode reads one JSON object, whose unknown fields are errors, so that a misspelt limit is not a missing one. Its errors are for who
// writes the file by hand: they name the line, or the path of the field.
func decode(blob []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(blob))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	var broken *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		if _, err := dec.Token(); !errors.Is(err, io.EOF) {
			return errors.New("something follows the closing brace")
		}
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("line %d: the JSON ends before its last brace is closed", lineOf(blob, int64(len(blob))))
	case errors.As(err, &broken):
		return fmt.Errorf("line %d: %w", lineOf(blob, broken.Offset), err)
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("line %d: %s does not take a JSON %s", lineOf(blob, kind.Offset), kind.Field, kind.Value)
	}
	if path, in := unknownField(blob, reflect.TypeOf(v).Elem()); path != "" {
		return fmt.Errorf("unknown field %q; %s", path, instead(path[strings.LastIndexByte(path, '.')+1:], in))
	}
	return err
}

// lineOf is the line, from 1, that an offset lies in.
func lineOf(blob []byte, offset int64) int {
	return 1 + bytes.Count(bytes.TrimRight(blob[:min(offset, int64(len(blob)))], "\n"), []byte("\n"))
}

// unknownField is the path of the first field that t does not have, such as rules.widen[0].skil, and the struct that it is in; empty
// when there is none.
func unknownField(blob []byte, t reflect.Type) (path string, in reflect.Type) {
	switch t.Kind() {
	case reflect.Slice:
		var list []json.RawMessage
		if t.Elem().Kind() != reflect.Struct || json.Unmarshal(blob, &list) != nil {
			return "", nil
		}
		for i, one := range list {
			if path, in := unknownField(one, t.Elem()); path != "" {
				return fmt.Sprintf("[%d].%s", i, path), in
			}
		}
	case reflect.Struct:
		var fields map[string]json.RawMessage
		if json.Unmarshal(blob, &fields) != nil { // a number where a Span is
			return "", nil
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			f, known := fieldOf(t, name)
			if !known {
				return name, t
			}
			if path, in := unknownField(fields[name], f.Type); path != "" {
				return strings.Replace(name+"."+path, ".[", "[", 1), in
			}
		}
	}
	return "", nil
}

// fieldOf finds the field of struct t that encoding/json puts a name into.
func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	return t.FieldByNameFunc(func(field string) bool {
		f, _ := t.FieldByName(field)
		return jsonName(f) != "" && strings.EqualFold(jsonName(f), name)
	})
}

// jsonName is how a field is called in JSON; empty when it is not there.
func jsonName(f reflect.StructField) string {
	switch tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag {
	case "-":
		return ""
	case "":
		return f.Name
	default:
		return tag
	}
}

// instead says where a field belongs that struct t does not have, or which ones it has.
func instead(name string, t reflect.Type) string {
	var known []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type.Kind() == reflect.Struct {
			if _, there := fieldOf(f.Type, name); there {
				return "it belongs under " + jsonName(f)
			}
		}
		if n := jsonName(f); n != "" {
			known = append(known, n)
		}
	}
	return "there are " + strings.Join(known, ", ")
}
