package lobby

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skirmish-dev/skirmish/internal/webfile"
)

// kindsOf is the media types of an operation's success, in order. It is empty for one that answers with a head alone.
func kindsOf(op *huma.Operation) (kinds []string) {
	for status, r := range op.Responses {
		if strings.HasPrefix(status, "2") {
			kinds = slices.AppendSeq(kinds, maps.Keys(r.Content))
		}
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// kindsByPattern is what each route of the document gives, by its pattern in the mux.
func kindsByPattern(doc *huma.OpenAPI) map[string][]string {
	out := map[string][]string{}
	for _, item := range doc.Paths {
		for _, op := range operationsOf(item) {
			if kinds := kindsOf(op); len(kinds) > 0 {
				out[op.Method+" "+op.Path] = kinds
			}
		}
	}
	return out
}

// checkAccept refuses a request whose client takes none of kinds. Problems are not asked about: a client that cannot read one has its
// status.
func checkAccept(lines []string, kinds ...string) *Problem {
	if len(kinds) == 0 || webfile.Accepts(lines, kinds...) {
		return nil
	}
	return newProblem(http.StatusNotAcceptable, "not_acceptable", "this gives "+strings.Join(kinds, " or ")+", which Accept leaves out")
}

// documentAccept adds the refusal to an operation that has something to give.
func documentAccept(op *huma.Operation) {
	if len(kindsOf(op)) > 0 {
		op.Responses[strconv.Itoa(http.StatusNotAcceptable)] = problemResponse(http.StatusNotAcceptable, []string{"not_acceptable"},
			op.Responses[strconv.Itoa(http.StatusTooManyRequests)] != nil)
	}
}
