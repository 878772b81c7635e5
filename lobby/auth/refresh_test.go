package auth

import "testing"

func FuzzParseRefresh(f *testing.F) {
	f.Add(newRefresh().text())
	f.Add(".")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := parseRefresh(text); err == nil && r.text() != text {
			t.Errorf("%q parses and prints as %q", text, r.text())
		}
	})
}
