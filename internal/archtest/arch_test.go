// Package archtest holds the rule of who may import whom, and a test that reads every source file for it.
//
// It parses the files itself: a test that asks `go list` is answered from the test cache after the rule was broken.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/skirmish-dev/skirmish"

// layer says which of our packages a layer may import. Packages are named by their folder, "" being the root; an entry
// covers what is below it.
type layer struct {
	name    string
	covers  []string
	imports []string
}

// layers are tried from the top; the first that covers a package rules it.
var layers = []layer{
	{"results bench", []string{"bench/rest/apply"}, []string{"bench/hist", "lobby", "internal"}}, // no request makes a result
	{"cmd and bench", []string{"cmd", "bench"}, []string{"", "game", "netcode", "internal", "bench"}},
	{"samples", []string{"docs"}, []string{"", "game"}},
	{"gametest", []string{"game/gametest"}, []string{"game", "netcode", "internal"}},
	{"our games", []string{"game/arena", "game/crowd", "game/dig", "game/draughts"}, []string{"game"}},
	{"interest", []string{"game/interest"}, nil},
	{"game", []string{"game"}, []string{"game/interest", "netcode", "internal"}},
	{"lobby", []string{"lobby"}, []string{"lobby", "internal"}},
	{"conformance", []string{"netcode/conformance"}, nil}, // it reads PROTOCOL.md, not the code
	{"netcode", []string{"netcode"}, []string{"netcode", "internal"}},
	{"thread", []string{"internal/thread"}, nil},
	{"internal", []string{"internal"}, []string{"internal/thread"}},
	{"clients", []string{"clients"}, nil},
	{"root", []string{""}, []string{"game", "netcode", "lobby", "bench/bot", "clients/js", "internal"}},
}

// notForRoot are packages below what the root may import that it must not: games come in through Main alone.
var notForRoot = []string{"game/arena", "game/crowd", "game/dig", "game/draughts"}

// testsOfGames may be imported by the tests below game besides what their layer may: a game is tested with gametest, rooms are
// tested with real games, those of the benchmarks among them, and both over real messages.
var testsOfGames = []string{"game", "netcode", "bench/world"}

// owners says which folders may import a module outside the standard library. Each has one, so that replacing it touches one place.
// Tests may import what they like.
var owners = map[string][]string{
	"github.com/HdrHistogram/hdrhistogram-go": {"bench/hist"},
	"github.com/alecthomas/kong":              {""},
	"github.com/coreos/go-oidc/v3":            {"lobby/auth/oidc"},
	"github.com/danielgtaylor/huma/v2":        {"lobby"},
	"github.com/gobwas/ws":                    {"netcode/conn", "netcode/client"},
	"github.com/golang-jwt/jwt/v5":            {"internal/token"},
	"github.com/jackc/pgx/v5":                 {"lobby/store"},
	"github.com/pressly/goose/v3":             {"lobby/store"},
	"github.com/prometheus/client_golang":     {""},
	"github.com/vmihailenco/msgpack/v5":       {"netcode/msg"},
	"go.uber.org/zap":                         {"*"}, // the log goes everywhere
	"golang.org/x/crypto":                     {"lobby/auth/password"},
	"golang.org/x/oauth2":                     {"lobby/auth/oidc"},
	"golang.org/x/sys":                        {"internal/thread"},
	"golang.org/x/time":                       {"lobby/limit"},
	"modernc.org/sqlite":                      {"lobby/store"},
}

// file is one Go source file.
type file struct {
	path, folder string // relative to the module
	imports      []string
	test         bool
}

func sources(t *testing.T) []file {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var files []file
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != root {
				return filepath.SkipDir // a module of its own
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := file{path: filepath.ToSlash(rel), test: strings.HasSuffix(path, "_test.go")}
		if f.folder = filepath.ToSlash(filepath.Dir(rel)); f.folder == "." {
			f.folder = ""
		}
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, name)
		}
		files = append(files, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("found only %d source files: the walk is broken", len(files))
	}
	return files
}

// under reports whether folder is base or below it.
func under(folder, base string) bool {
	return folder == base || base != "" && strings.HasPrefix(folder, base+"/")
}

// covered reports whether folder is one of the bases or below one; the root covers only itself.
func covered(folder string, lists ...[]string) bool {
	return slices.ContainsFunc(slices.Concat(lists...), func(b string) bool { return under(folder, b) })
}

func layerOf(folder string) (layer, bool) {
	i := slices.IndexFunc(layers, func(l layer) bool { return covered(folder, l.covers) })
	if i < 0 {
		return layer{}, false
	}
	return layers[i], true
}

func TestImportsRunOneWay(t *testing.T) {
	for _, f := range sources(t) {
		l, ok := layerOf(f.folder)
		if !ok {
			t.Errorf("%s belongs to no layer; add its folder to the layers of this test", f.path)
			continue
		}
		for _, imp := range f.imports {
			if imp != module && !strings.HasPrefix(imp, module+"/") {
				continue
			}
			to := strings.TrimPrefix(strings.TrimPrefix(imp, module), "/")
			if f.test && covered(f.folder, []string{"game", "docs"}) && covered(to, l.imports, testsOfGames) {
				continue
			}
			if f.test && (to == f.folder || under(f.folder, "netcode") && under(to, "netcode")) {
				continue // an external test imports its package
			}
			if !covered(to, l.imports) || l.name == "root" && covered(to, notForRoot) && !f.test {
				t.Errorf("%s imports %s, which %s may not: it may import %q", f.path, to, l.name, l.imports)
			}
		}
	}
}

func TestDependenciesHaveOneImporter(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		for _, imp := range f.imports {
			if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") || imp == module || strings.HasPrefix(imp, module+"/") {
				continue
			}
			owner := ""
			for mod := range owners {
				if under(imp, mod) && len(mod) > len(owner) {
					owner = mod
				}
			}
			switch {
			case owner == "":
				t.Errorf("%s imports %s, which has no owner; add it to the owners of this test", f.path, imp)
			case !slices.Contains(owners[owner], f.folder) && owners[owner][0] != "*":
				t.Errorf("%s imports %s, which belongs to %q alone", f.path, imp, owners[owner])
			}
		}
	}
}
