package httpguard

import (
	"net/http"
	"slices"
	"strings"
)

// Only answers 405 with Allow to every method that is not in allow, before next looks at anything else of the request: for routes that a
// mux cannot bind to a method because a longer list of paths begins with the same ones.
func Only(next http.Handler, allow ...string) http.Handler {
	list := strings.Join(allow, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slices.Contains(allow, r.Method) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Allow", list)
		refuse(w, http.StatusMethodNotAllowed, "method_not_allowed", "this path takes "+list)
	})
}
