package match

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// Mode is a way to play a game that players queue for.
type Mode struct {
	Name string `json:"mode"` // 1 to 64 of A-Z a-z 0-9 _ -, one of its kind on the server
	Game string `json:"game"`
	// Ranked says that the results of its matches change ratings.
	Ranked bool `json:"ranked,omitempty"`
	// Watched says that everybody who has the id of a room of the mode may watch it.
	Watched bool  `json:"watched,omitempty"`
	Rules   Rules `json:"rules"`
	// Options are what rooms of the mode are made with, as in POST /v1/rooms.
	Options json.RawMessage `json:"options,omitempty"`
	// File is where ReadModes has read it; empty for a mode that was not read from a file.
	File string `json:"-"`
}

// Where says which mode it is, for an error: its file, or its name.
func (m Mode) Where() string {
	if m.File != "" {
		return m.File
	}
	return "mode " + m.Name
}

// Bounds of a folder of modes.
const (
	maxModes    = 64
	maxModeFile = 64 << 10 // bytes
)

// DefaultMode is the mode of a game for which none is configured: matches of size players, each for themselves, ranked, named like
// the game.
func DefaultMode(game string, size int) Mode {
	return Mode{Name: game, Game: game, Ranked: true, Rules: Rules{Teams: Span{size, size}, Size: Span{1, 1}}}
}

// Validate names the first field that does not fit.
func (m Mode) Validate() error {
	if !isWord(m.Name) {
		return fmt.Errorf("match: mode is %q, want 1 to %d of A-Z a-z 0-9 _ -", m.Name, maxName)
	}
	if m.Game == "" {
		return fmt.Errorf("match: mode %s has no game", m.Name)
	}
	if err := m.Rules.Validate(); err != nil {
		return fmt.Errorf("match: mode %s: %w", m.Name, err)
	}
	return nil
}

func isWord(s string) bool {
	for _, c := range []byte(s) {
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// ParseMode reads a mode and checks it. Unknown fields are errors.
func ParseMode(blob []byte) (Mode, error) {
	if bytes.HasPrefix(bytes.TrimSpace(blob), []byte("[")) {
		return Mode{}, errors.New("match: mode: this is a list: put one mode in a file, and each in a file of its own")
	}
	var m Mode
	if err := decode(blob, &m); err != nil {
		return Mode{}, fmt.Errorf("match: mode: %w", err)
	}
	return m, m.Validate()
}

// ReadModes reads every *.json of a folder as a mode. The error names the file.
func ReadModes(dir fs.FS) ([]Mode, error) {
	if _, err := fs.Stat(dir, "."); err != nil { // Glob would say that there are no files
		return nil, fmt.Errorf("match: the folder of modes: %w", err)
	}
	files, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, fmt.Errorf("match: modes: %w", err)
	}
	if len(files) == 0 || len(files) > maxModes {
		return nil, fmt.Errorf("match: %d files *.json in the folder of modes, want 1 to %d", len(files), maxModes)
	}
	var modes []Mode
	for _, name := range files {
		f, err := dir.Open(name)
		if err != nil {
			return nil, fmt.Errorf("match: modes: %w", err)
		}
		blob, err := io.ReadAll(io.LimitReader(f, maxModeFile+1))
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("match: modes: %s: %w", name, err)
		}
		if len(blob) > maxModeFile {
			return nil, fmt.Errorf("match: modes: %s has over %d bytes", path.Base(name), maxModeFile)
		}
		m, err := ParseMode(blob)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		m.File = name
		modes = append(modes, m)
	}
	return modes, nil
}
