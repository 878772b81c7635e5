package webfile

import (
	"mime"
	"strconv"
	"strings"
)

// Accepts reads the lines of Accept (RFC 9110, 12.5.1): whether one of kinds, such as "application/json", may be answered. What names a
// type most exactly decides about it, and a weight of 0 refuses it. Parameters besides the weight do not count, since no answer has any
// that a client could choose. What cannot be read does not count either; without the header, or with nothing between its commas, all is accepted.
func Accepts(lines []string, kinds ...string) bool {
	said := strings.Trim(strings.Join(lines, ","), ", \t") // empty elements of a list do not count (5.6.1.2)
	if said == "" || said == "*/*" {
		return true
	}
	ranges := rangesOf(lines)
	for _, kind := range kinds {
		best, weight := none, 0.0
		for _, r := range ranges {
			switch how := r.fits(kind); {
			case how > best:
				best, weight = how, r.weight
			case how == best && how != none:
				weight = max(weight, r.weight)
			}
		}
		if weight > 0 {
			return true
		}
	}
	return false
}

// mediaRange is "text/*;q=0.5".
type mediaRange struct {
	kind   string
	weight float64
}

// How exactly a range names a type.
const (
	none = iota
	anything
	anySubtype
	exactly
)

func (r mediaRange) fits(kind string) int {
	family, _, _ := strings.Cut(kind, "/")
	switch r.kind {
	case kind:
		return exactly
	case family + "/*":
		return anySubtype
	case "*/*", "*": // the second is what old Java programs send
		return anything
	}
	return none
}

func rangesOf(lines []string) (out []mediaRange) {
	for _, line := range lines {
		for part := range parts(line) {
			kind, params, err := mime.ParseMediaType(part)
			if err != nil {
				continue
			}
			weight := 1.0
			if q, weighed := params["q"]; weighed {
				if weight, err = strconv.ParseFloat(q, 64); err != nil || !(weight >= 0 && weight <= 1) {
					continue
				}
			}
			out = append(out, mediaRange{kind, weight})
		}
	}
	return out
}

// parts yields what stands between the commas of a header that are not within quotes.
func parts(line string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, quoted := 0, false
		for i := 0; i < len(line); i++ {
			switch c := line[i]; {
			case c == '"':
				quoted = !quoted
			case c == '\\' && quoted:
				i++
			case c == ',' && !quoted:
				if !yield(line[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(line[start:])
	}
}
