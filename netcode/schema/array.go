package schema

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// MaxElements is the most elements of an array that is a field.
const MaxElements = 16

// element is what becomes one field: a field of a struct, or one element of an array.
type element struct {
	reflect.StructField
	tag string
}

// spread gives the fields that sf stands for: a fixed array is a field for each of its elements, named by its name and 0, 1, ...
func spread(sf reflect.StructField, tag string) ([]element, error) {
	if sf.Type.Kind() != reflect.Array {
		return []element{{sf, tag}}, nil
	}
	of, n := sf.Type.Elem(), sf.Type.Len()
	switch {
	case of.Kind() == reflect.Array:
		return nil, fmt.Errorf("%v is an array of arrays of %v; only one array deep can be replicated", sf.Type, of.Elem())
	case n == 0 || n > MaxElements:
		return nil, fmt.Errorf("%v has %d elements of type %v; 1 to %d fit", sf.Type, n, of, MaxElements)
	}
	name, options, more := strings.Cut(tag, ",")
	if name == "" {
		name = strings.ToLower(sf.Name)
	}
	if more {
		options = "," + options
	}
	list := make([]element, n)
	for i := range list {
		one := sf
		one.Type, one.Offset = of, sf.Offset+uintptr(i)*of.Size()
		list[i] = element{one, name + strconv.Itoa(i) + options}
	}
	return list, nil
}
