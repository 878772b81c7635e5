// Package reference makes the page that shows an OpenAPI document to people: operations by tag, with parameters, bodies, examples, errors
// and a line for curl. It owns the page's template, style and script; the lobby makes the page once and serves it. It knows no route of
// the lobby and imports nothing of ours.
//
// The page is whole without JavaScript, which adds the filter alone. It loads nothing from elsewhere and has no inline style or script,
// so that it works under the server's Content-Security-Policy.
package reference

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

//go:embed page
var files embed.FS

var page = template.Must(template.ParseFS(files, "page/reference.html"))

// Style and Script are what the page loads, as docs/reference.css and docs/reference.js beside it.
func Style() []byte  { return file("page/reference.css") }
func Script() []byte { return file("page/reference.js") }

func file(name string) []byte {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is in the program
	}
	return text
}

// Page is the HTML of a document, in JSON. It fails on what is no OpenAPI document.
func Page(openAPI []byte) ([]byte, error) {
	var doc document
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		return nil, fmt.Errorf("reference: read the document: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, doc.view()); err != nil {
		return nil, fmt.Errorf("reference: %w", err)
	}
	return out.Bytes(), nil
}

type view struct {
	Title, Version, Description, Server string
	Sections                            []section
	Operations                          int
	Everywhere                          []problem // what every operation may answer
}

type section struct {
	Name, Description string
	Operations        []shown
}

// shown is an operation as it stands on the page.
type shown struct {
	ID, Method, Path, Summary, Description string
	Parts                                  []string // of the path
	Token                                  bool     // needs an access token
	Parameters                             []field
	Bodies                                 []content
	Curl                                   string
	Answers                                []answer
	Problems                               []problem // but those that every operation has
}

type answer struct {
	Status, Text string
	Headers      []field
	Bodies       []content
}

type content struct {
	Kind, Example string
	Fields        []field
	Optional      bool
}

type problem struct{ Code, Status, Detail string }

// methods is the order of operations on one path.
var methods = []string{"get", "post", "patch", "delete"}

func (d *document) view() view {
	v := view{Title: d.Info.Title, Version: d.Info.Version, Description: d.Info.Description}
	if len(d.Servers) > 0 {
		v.Server = d.Servers[0].URL
	}
	everywhere := d.everywhere()
	for code := range everywhere {
		v.Everywhere = append(v.Everywhere, d.problem(code))
	}
	sortProblems(v.Everywhere)
	for _, tag := range d.Tags {
		s := section{Name: tag.Name, Description: tag.Description}
		for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
			for _, method := range methods {
				if op, ok := d.Paths[path][method]; ok && slices.Contains(op.Tags, tag.Name) {
					s.Operations = append(s.Operations, d.show(method, path, op, everywhere))
				}
			}
		}
		v.Operations += len(s.Operations)
		v.Sections = append(v.Sections, s)
	}
	return v
}

// everywhere is the codes that every operation may answer: the page says them once.
func (d *document) everywhere() map[string]bool {
	count, operations := map[string]int{}, 0
	for _, ops := range d.Paths {
		for _, op := range ops {
			operations++
			for _, r := range op.Responses {
				for _, code := range r.Codes {
					count[code]++
				}
			}
		}
	}
	out := map[string]bool{}
	for code, n := range count {
		if n == operations {
			out[code] = true
		}
	}
	return out
}

func (d *document) show(method, path string, op operation, everywhere map[string]bool) shown {
	s := shown{
		ID: op.OperationID, Method: strings.ToUpper(method), Path: path, Summary: op.Summary, Description: op.Description,
		Parts: strings.Split(path, "/")[1:], Token: len(op.Security) > 0, Curl: d.curl(method, path, op),
	}
	for _, p := range op.Parameters {
		f := d.field(p.Name, p.Schema, p.Required, nil)
		f.In, f.Note = p.In, p.Description
		s.Parameters = append(s.Parameters, f)
	}
	if op.RequestBody != nil {
		s.Bodies = d.contents(op.RequestBody.Content)
		for i := range s.Bodies {
			s.Bodies[i].Optional = !op.RequestBody.Required
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		for _, code := range r.Codes {
			if !everywhere[code] {
				s.Problems = append(s.Problems, d.problem(code))
			}
		}
		if len(r.Codes) > 0 {
			continue
		}
		code, _ := strconv.Atoi(status)
		a := answer{Status: status, Text: r.Description, Bodies: d.contents(r.Content)}
		if a.Text == http.StatusText(code) {
			a.Text = "" // which the status says
		}
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			h := r.Headers[name]
			if ref, ok := strings.CutPrefix(h.Ref, "#/components/headers/"); ok {
				h = d.Components.Headers[ref]
			}
			a.Headers = append(a.Headers, field{Name: name, Note: h.Description, Type: fmt.Sprint(h.Example)})
		}
		if n := len(s.Answers); n > 0 && len(a.Bodies) > 0 && reflect.DeepEqual(a.Bodies, s.Answers[n-1].Bodies) {
			a.Text, a.Bodies = strings.TrimSpace(a.Text+" The body is as with "+s.Answers[n-1].Status+"."), nil
		}
		s.Answers = append(s.Answers, a)
	}
	sortProblems(s.Problems)
	return s
}

func (d *document) contents(byKind map[string]media) []content {
	var out []content
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		m := byKind[kind]
		out = append(out, content{Kind: kind, Example: pretty(m.Example), Fields: d.fields(m.Schema, nil)})
	}
	return out
}

func (d *document) problem(code string) problem {
	var p struct {
		Status int
		Detail string
	}
	if json.Unmarshal(d.Components.Examples[code].Value, &p) != nil {
		return problem{Code: code}
	}
	return problem{code, strconv.Itoa(p.Status), p.Detail}
}

func sortProblems(list []problem) {
	slices.SortFunc(list, func(a, b problem) int { return strings.Compare(a.Status+a.Code, b.Status+b.Code) })
}

// pretty is an example for people: JSON in lines, and text as it is.
func pretty(example json.RawMessage) string {
	var text string
	if json.Unmarshal(example, &text) == nil {
		return text
	}
	var out bytes.Buffer
	if json.Indent(&out, example, "", "  ") != nil {
		return string(example)
	}
	return out.String()
}
