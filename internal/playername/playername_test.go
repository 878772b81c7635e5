package playername

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestGoodNamesPass(t *testing.T) {
	for in, want := range map[string]string{
		"Ann": "Ann", "  Ann  ": "Ann", "\tJ. R. \n": "J. R.", "Żółć": "Żółć", "小明": "小明", "נועה": "נועה",
		"<b>x</b>": "<b>x</b>", "👨‍👩‍👧": "👨‍👩‍👧", strings.Repeat("x", 24): strings.Repeat("x", 24),
		strings.Repeat("é", 24): strings.Repeat("é", 24), "\u3000Ann": "Ann",
	} {
		if got, err := Clean(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestBadNamesAreRefusedWithAReason(t *testing.T) {
	for in, reason := range map[string]string{
		"":                       "empty",
		" \t ":                   "empty",
		strings.Repeat("x", 25):  "25 characters",
		strings.Repeat("x", 900): "longer than",
		strings.Repeat("🚀", 17):  "68 bytes",
		"a\x00b":                 "control",
		"a\nb":                   "control",
		"a\x7fb":                 "control",
		"a\u0085b":               "control",
		"a\u2028b":               "control",
		"\u202egnp.exe":          "direction",
		"a\u2066b":               "direction",
		"a\u200fb":               "direction",
		"a\u061cb":               "direction",
		"a\u200bb":               "invisible",
		"a\ufeffb":               "invisible",
		"a\U000E0041b":           "invisible",
		"a\ue000b":               "private",
		"\u3164\u3164":           "shows nothing",
		"\u0301":                 "shows nothing",
		"\u200d":                 "shows nothing",
		"a\xffb":                 "UTF-8",
		"\xed\xa0\x80":           "UTF-8",
	} {
		_, err := Clean(in)
		var bad *Error
		if !errors.As(err, &bad) || !strings.Contains(bad.Reason, reason) {
			t.Errorf("%q: %v, want a reason with %q", in, err, reason)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Ann", " a ", "\u202e", "\xff", "👨‍👩‍👧", strings.Repeat("é", 30)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		name, err := Clean(in)
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(name); n < 1 || n > MaxRunes || len(name) > MaxBytes || !utf8.ValidString(name) {
			t.Errorf("%q passed as %q", in, name)
		}
		if again, err := Clean(name); err != nil || again != name {
			t.Errorf("%q is cleaned to %q and then to %q, %v", in, name, again, err)
		}
	})
}
