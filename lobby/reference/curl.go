package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// curl is a line for a shell that calls an operation with its example. The access token is in $TOKEN.
func (d *document) curl(method, path string, op operation) string {
	var query []string
	for _, p := range op.Parameters {
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(d.sample(p)))
		case p.In == "query" && p.Required:
			query = append(query, p.Name+"="+url.QueryEscape(d.sample(p)))
		}
	}
	address := path
	if len(d.Servers) > 0 {
		address = d.Servers[0].URL + path
	}
	if len(query) > 0 {
		address += "?" + strings.Join(query, "&")
	}
	parts := []string{"curl " + quote(address)}
	if method != "get" && (method != "post" || op.RequestBody == nil) {
		parts[0] = "curl -X " + strings.ToUpper(method) + " " + quote(address) // -d makes it a POST
	}
	if len(op.Security) > 0 {
		parts = append(parts, `-H "Authorization: Bearer $TOKEN"`)
	}
	if op.RequestBody != nil {
		var body bytes.Buffer
		if json.Compact(&body, op.RequestBody.Content["application/json"].Example) == nil {
			parts = append(parts, "-H 'Content-Type: application/json'", "-d "+quote(body.String()))
		}
	} else if method == "post" {
		parts = append(parts, "-H 'Content-Type: application/json'")
	}
	return strings.Join(parts, " \\\n  ")
}

// sample is a value for a parameter: its example, or its name where there is none.
func (d *document) sample(p parameter) string {
	if p.Example != nil {
		return fmt.Sprint(p.Example)
	}
	if p.Schema != nil && len(p.Schema.Examples) > 0 {
		return fmt.Sprint(p.Schema.Examples[0])
	}
	return strings.ToUpper(p.Name)
}

// quote makes a text one word of a shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
