package lobby

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// statusNames is the numbers behind the constants that the sources write.
var statusNames = func() map[string]string {
	names := map[string]string{}
	for code := range 600 {
		if text := http.StatusText(code); text != "" {
			names["Status"+strings.NewReplacer(" ", "", "-", "").Replace(text)] = strconv.Itoa(code)
		}
	}
	return names
}()

// saidIn is every "code status" that the sources of a folder can answer: the arguments of newProblem and refuse.
func saidIn(t *testing.T, folder string) (list []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", folder, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.Ident); !ok || f.Name != "newProblem" && f.Name != "refuse" {
				return true
			}
			for i, arg := range call.Args {
				code, isText := arg.(*ast.BasicLit)
				if i == 0 || !isText || code.Kind != token.STRING {
					continue
				}
				if status, ok := call.Args[i-1].(*ast.SelectorExpr); ok && statusNames[status.Sel.Name] != "" {
					list = append(list, strings.Trim(code.Value, `"`)+" "+statusNames[status.Sel.Name])
				}
				break
			}
			return true
		})
	}
	return list
}

func TestEveryErrorCodeIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([0-9]{3}) \\| [^|]+ \\|$").FindAllStringSubmatch(string(page), -1) {
		told = append(told, m[1]+" "+m[2])
	}
	if !slices.IsSorted(told) {
		t.Error("the table is not in the order of codes")
	}
	said := append(saidIn(t, "."), saidIn(t, "../internal/httpguard")...)
	for _, status := range []int{400, 404, 405, 413, 415, 422, 500} { // huma's own refusals
		said = append(said, fmt.Sprint(statusCode(status), " ", status))
	}
	if len(said) < 60 {
		t.Errorf("only %d refusals were found in the sources", len(said))
	}
	for _, code := range said {
		if !slices.Contains(told, code) {
			t.Errorf("docs/errors.md has no row for %s", code)
		}
	}
	for _, code := range told {
		if !slices.Contains(said, code) {
			t.Errorf("docs/errors.md has a row for %s, which nothing answers", code)
		}
	}
	for code, is := range refusals {
		if row := fmt.Sprint(code, " ", is.status); !slices.Contains(said, row) {
			t.Errorf("refusals has %s, which nothing answers", row)
		}
	}
	for _, row := range said {
		code, status, _ := strings.Cut(row, " ")
		if is := refusals[code]; strconv.Itoa(is.status) != status {
			t.Errorf("refusals has no %s with %s", code, status)
		}
	}
}
