package webfile

import (
	"strings"
	"testing"
)

func TestAcceptIsReadWithItsWeightsAndWildcards(t *testing.T) {
	for header, want := range map[string]bool{ // of application/json
		"": true, " ": true, "*/*": true, "*": true, "application/*": true, "application/json": true, "Application/JSON": true,
		"text/html, application/json;q=0.1": true, "application/json; charset=utf-8": true, "application/json;v=1;q=0.001": true,
		"text/html, image/gif, *; q=.2, */*; q=.2": true,
		"text/html":                                            false,
		"text/*, image/png":                                    false,
		"application/xml":                                      false,
		"application/problem+json":                             false,
		"application/jsonp":                                    false,
		"application/json;q=0":                                 false,
		"application/json;q=0.000, */*;q=0":                    false,
		"*/*;q=0":                                              false,
		"*/*, application/json;q=0":                            false,
		"*/*, application/*;q=0":                               false,
		"*/*;q=0, application/*":                               true,
		"application/*;q=0, application/json":                  true,
		"application/json;q=0, application/json;v=1":           true,
		"application/json;q=2":                                 false,
		"application/json;q=x":                                 false,
		"application/json;q=NaN":                               false,
		`text/html;a="application/json, application/json"`:     false,
		`text/html;a="\", application/json", application/json`: true,
		"nonsense":                                             false,
		",,":                                                   true, " , \t,": true, ",application/json,": true,
		",, text/html": false,
	} {
		if got := Accepts([]string{header}, "application/json"); got != want {
			t.Errorf("Accept: %s: %v", header, got)
		}
	}
	if !Accepts(nil, "text/plain") || !Accepts([]string{"", ","}, "text/plain") || !Accepts([]string{"text/html", "text/plain"}, "text/plain") ||
		!Accepts([]string{"text/event-stream"}, "application/json", "text/event-stream") {
		t.Error("absent, in the second line, or the second of two kinds: refused")
	}
}

// What else a client says, however odd, takes nothing from a line that names the type, and nothing is accepted that it does not name.
func FuzzAccepts(f *testing.F) {
	for _, seed := range []string{"", "*/*;q=0", "text/html, application/*;q=0.2", `a/b;c="d,e\"`, "*;q=.2,,;"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if !Accepts([]string{header, "application/json"}, "application/json") {
			t.Errorf("%q takes the acceptance away", header)
		}
		if strings.Trim(header, ", \t") != "" && Accepts([]string{header}, "text/css") && !strings.ContainsAny(header, "*") && !strings.Contains(strings.ToLower(header), "text/css") {
			t.Errorf("%q accepts what it does not name", header)
		}
	})
}
