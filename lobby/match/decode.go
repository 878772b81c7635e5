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
	if path := unknownField(blob, reflect.TypeOf(v).Elem()); path != "" {
		return fmt.Errorf("unknown field %q", path)
	}
	return err
}

// lineOf is the line, from 1, that an offset lies in.
func lineOf(blob []byte, offset int64) int {
	return 1 + bytes.Count(bytes.TrimRight(blob[:min(offset, int64(len(blob)))], "\n"), []byte("\n"))
}

// unknownField is the path of the first field that t does not have, such as rules.widen[0].skil; empty when there is none.
func unknownField(blob []byte, t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		var list []json.RawMessage
		if t.Elem().Kind() != reflect.Struct || json.Unmarshal(blob, &list) != nil {
			return ""
		}
		for i, one := range list {
			if path := unknownField(one, t.Elem()); path != "" {
				return fmt.Sprintf("[%d].%s", i, path)
			}
		}
	case reflect.Struct:
		var fields map[string]json.RawMessage
		if json.Unmarshal(blob, &fields) != nil { // a number where a Span is
			return ""
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			f, known := t.FieldByNameFunc(func(field string) bool {
				f, _ := t.FieldByName(field)
				tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				return tag != "-" && strings.EqualFold(tag, name) || tag == "" && strings.EqualFold(field, name)
			})
			if !known {
				return name
			}
			if path := unknownField(fields[name], f.Type); path != "" {
				return strings.Replace(name+"."+path, ".[", "[", 1)
			}
		}
	}
	return ""
}
