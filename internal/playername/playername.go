// Package playername is the rule for display names, of players and of rooms. The lobby holds every name to it that a client chooses, and
// gametest those of its players, so that a game is tested with no name that it would never be given. It imports nothing of this module.
package playername

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a name. The bytes are what a seat token and the room's string table hold.
const (
	MaxRunes = 24
	MaxBytes = 64
)

// Error says why a name cannot be used, in words for the player.
type Error struct {
	Reason string
}

func (e *Error) Error() string { return "name " + e.Reason }

// Clean trims white space around a display name and checks it: 1 to 24 characters, at most 64 bytes of valid UTF-8, none
// of which is invisible or changes the direction of the text around it. Names are shown by textContent, so markup is fine.
// Errors: *Error.
func Clean(name string) (string, error) {
	if len(name) > 4*MaxBytes {
		return "", &Error{Reason: fmt.Sprintf("is longer than %d characters", MaxRunes)}
	}
	if !utf8.ValidString(name) {
		return "", &Error{Reason: "is not valid UTF-8"}
	}
	name = strings.TrimSpace(name)
	visible := false
	for _, r := range name {
		if reason := unfit(r); reason != "" {
			return "", &Error{Reason: reason}
		}
		visible = visible || unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.M, r) && !blank(r)
	}
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", &Error{Reason: "is empty"}
	case n > MaxRunes:
		return "", &Error{Reason: fmt.Sprintf("has %d characters, at most %d are allowed", n, MaxRunes)}
	case len(name) > MaxBytes:
		return "", &Error{Reason: fmt.Sprintf("has %d bytes, at most %d are allowed", len(name), MaxBytes)}
	case !visible:
		return "", &Error{Reason: "shows nothing"}
	}
	return name, nil
}

// unfit says what is wrong with one character of a name, or nothing.
func unfit(r rune) string {
	switch {
	case r == '\u200d': // zero width joiner: emoji of families and professions need it
		return ""
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return "has a control character or line break"
	case unicode.Is(unicode.Bidi_Control, r):
		return "has a character that changes the direction of text"
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Cs, r), r == utf8.RuneError:
		return "has an invisible or private character"
	}
	return ""
}

// blank is what Unicode counts as a letter or symbol and yet draws as nothing.
func blank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800':
		return true
	}
	return false
}
