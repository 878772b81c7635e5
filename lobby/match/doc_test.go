package match

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// Every example of the guide is read as the server reads it, and every field of the format is in one.
func TestGuideShowsEveryFieldAndItsExamplesAreValid(t *testing.T) {
	guide, err := os.ReadFile("../../docs/matchmaking.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(guide), -1)
	if len(blocks) < 9 {
		t.Fatalf("%d examples", len(blocks))
	}
	shown := ""
	for _, b := range blocks {
		var err error
		if strings.Contains(b[1], `"mode"`) {
			_, err = ParseMode([]byte(b[1]))
		} else {
			_, err = ParseRules([]byte(b[1]))
		}
		if err != nil {
			t.Errorf("%v in\n%s", err, b[1])
		}
		shown += b[1]
	}
	for _, of := range []reflect.Type{
		reflect.TypeFor[Mode](), reflect.TypeFor[Rules](), reflect.TypeFor[Role](), reflect.TypeFor[AttributeRule](), reflect.TypeFor[Step](),
	} {
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if name != "-" && !strings.Contains(shown, `"`+name+`"`) {
				t.Errorf("%s of %s is in no example", name, of.Name())
			}
		}
	}
}

func TestBadModesAreNamed(t *testing.T) {
	const good = `{"mode":"a","game":"g","rules":{"teams":2,"size":1}}`
	says := func(want string, files map[string]string) {
		t.Helper()
		dir := fstest.MapFS{}
		for name, text := range files {
			dir[name] = &fstest.MapFile{Data: []byte(text)}
		}
		modes, err := ReadModes(dir)
		if want == "" {
			if err != nil || len(modes) != 1 {
				t.Errorf("%v: %v", modes, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q in it", files, err, want)
		}
	}
	says("", map[string]string{"a.json": good, "readme.txt": "hello"})
	says("want 1 to 64", map[string]string{"readme.txt": "hello"})
	says("b.json", map[string]string{"a.json": good, "b.json": `{"mode":"b","game":"g","rules":{"teams":1,"size":1}}`})
	says("b.json", map[string]string{"a.json": good, "b.json": strings.Repeat(" ", maxModeFile+1)})
	says("a b", map[string]string{"a.json": `{"mode":"a b","game":"g","rules":{"teams":2,"size":1}}`})
	says("no game", map[string]string{"a.json": `{"mode":"a","rules":{"teams":2,"size":1}}`})
	says(`unknown field "rulez"`, map[string]string{"a.json": `{"mode":"a","game":"g","rulez":{}}`})
	says(`unknown field "rulez"; there are mode, game, ranked, watched, rules, options`, map[string]string{"a.json": `{"mode":"a","rulez":{}}`})
	says(`unknown field "size"; it belongs under rules`, map[string]string{"a.json": `{"mode":"a","game":"g","teams":2,"size":1}`})
	says("a.json: match: mode: this is a list: put one mode in a file", map[string]string{"a.json": "\n[" + good + "]"})
	says("control characters", map[string]string{"a.json": `{"mode":"a","game":"g","rules":{"teams":2,"size":1,
		"roles":[{"name":"ta\u0000nk","count":1}]}}`})
	says("closing brace", map[string]string{"a.json": good + "{}"})
	modes, err := ReadModes(fstest.MapFS{"a.json": {Data: []byte(good)}, "b.json": {Data: []byte(good)}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Modes: modes, NewID: func() string { return "" }, Runs: func(context.Context, string) (bool, error) { return true, nil },
		NewRoom: func(context.Context, Order) (string, error) { return "", nil },
	}
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), `b.json: mode "a" is that of a.json`) {
		t.Errorf("one name twice: %v", err)
	}
	if _, err := ReadModes(os.DirFS(filepath.Join(t.TempDir(), "none"))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestMistakesInRulesSayWhereAndWhatToDo(t *testing.T) {
	says := func(want, rules string) {
		t.Helper()
		_, err := ParseMode([]byte("{\"mode\": \"a\", \"game\": \"g\",\n\"rules\": " + rules + "}"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", rules, err, want)
		}
	}
	says("size is required", `{"teams": 2}`)
	says("teams is required", `{"size": 2}`)
	says("size is 2 to 1", `{"teams": 2, "size": {"min": 2, "max": 1}}`)
	says(`teams and size want a number`, `{"teams": 2, "size": "two"}`)
	says(`unknown field "rules.sizes"; there are teams, size, `, `{"teams": 2, "sizes": 1}`)
	says(`unknown field "rules.size.most"`, `{"teams": 2, "size": {"min": 1, "most": 2}}`)
	says(`unknown field "rules.widen[1].skil"; there are after_s, `, `{"teams": 2, "size": 1, "widen": [{"after_s": 1}, {"after_s": 2, "skil": 1}]}`)
	says("line 3: rules.skill does not take a JSON string", "{\"teams\": 2, \"size\": 1,\n\"skill\": \"5\"}")
	says("line 4: invalid character", "{\"teams\": 2,\n\n\"size\" 1}")
	if _, err := ParseRules([]byte("{\n\"teams\": 2,\n")); err == nil || !strings.Contains(err.Error(), "line 2: the JSON ends") {
		t.Errorf("half a file: %v", err)
	}
	for _, field := range []string{"skill", "balance", "latency_ms"} {
		says("widen[0]."+field+" has nothing to widen, because rules."+field+" is missing",
			`{"teams": 2, "size": 1, "widen": [{"after_s": 5, "`+field+`": 3}]}`)
	}
}

func FuzzParseMode(f *testing.F) {
	f.Add([]byte(`{"mode":"a","game":"g","ranked":true,"options":{"x":1},"rules":{"teams":{"min":2,"max":3},"size":1,"backfill":true}}`))
	f.Add([]byte(`{"mode":"a","game":"g","rules":{"teams":2,"size":2,"roles":[{"name":"x","count":2}],"widen":[{"after_s":1}]}}`))
	f.Fuzz(func(t *testing.T, blob []byte) {
		if m, err := ParseMode(blob); err == nil && m.Validate() != nil {
			t.Errorf("%q is read and not valid: %v", blob, m.Validate())
		}
	})
}
