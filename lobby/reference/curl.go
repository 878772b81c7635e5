package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// curl is what to paste into a shell to call an operation with its example. The access token is in $TOKEN; a parameter without an example
// is in a variable too, and a line before says what to put there. curl encodes the variables of a query, whatever stands in them; those of
// a path are ids and names, which need it not.
func (d *document) curl(method, path string, op operation) string {
	var lines, query, encoded []string
	full := path
	for _, p := range op.Parameters {
		if p.In != "path" && (p.In != "query" || !p.Required) {
			continue
		}
		value, has := d.sample(p)
		escape := url.QueryEscape
		if p.In == "path" {
			escape = url.PathEscape
		}
		if value = escape(value); !has {
			name := variable(full, p)
			value = mark + name + mark
			lines = append(lines, name+"="+d.filling(full, p)+" # "+strings.Join(strings.Fields(p.Description), " "))
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
		case has:
			query = append(query, p.Name+"="+value)
		default:
			encoded = append(encoded, "--url-query "+word(p.Name+"="+value))
		}
	}
	address := path
	if len(d.Servers) > 0 {
		address = d.Servers[0].URL + path
	}
	if len(query) > 0 {
		address += "?" + strings.Join(query, "&")
	}
	program := "curl "
	for _, r := range op.Responses {
		if _, stream := r.Content["text/event-stream"]; stream {
			program = "curl -N " // or it waits until its buffer is full
		}
	}
	parts := []string{program + word(address)}
	if method != "get" && (method != "post" || op.RequestBody == nil) {
		parts[0] = program + "-X " + strings.ToUpper(method) + " " + word(address) // -d makes it a POST
	}
	parts = append(parts, encoded...)
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
	return strings.Join(append(lines, strings.Join(parts, " \\\n  ")), "\n")
}

// sample is the example of a parameter, if it has one.
func (d *document) sample(p parameter) (string, bool) {
	if p.Example != nil {
		return fmt.Sprint(p.Example), true
	}
	if p.Schema != nil && len(p.Schema.Examples) > 0 {
		return fmt.Sprint(p.Schema.Examples[0]), true
	}
	return "", false
}

// filling is what a variable is set to: the first id of the list that anybody may ask for, and dots for the reader to replace otherwise.
func (d *document) filling(path string, p parameter) string {
	list, _, found := strings.Cut(path, "/{id}")
	get, exists := d.Paths[list]["get"]
	if !found || p.Name != "id" || !exists || len(get.Security) > 0 {
		return "'...'"
	}
	line := strings.Replace(d.curl("get", list, get), "curl ", "curl -s ", 1)
	if strings.Contains(line, "\n") {
		return "'...'" // the list needs something itself
	}
	return "$(" + line + " | jq -r " + quote("."+list[strings.LastIndex(list, "/")+1:]+"[0].id") + ")"
}

// variable names the shell variable of a parameter: ROOM for the id of /v1/rooms/{id}, and by the parameter's own name otherwise.
func variable(path string, p parameter) string {
	name := p.Name
	if before, _, found := strings.Cut(path, "/{id}"); found && name == "id" {
		name = strings.TrimSuffix(before[strings.LastIndex(before, "/")+1:], "s")
		if strings.HasSuffix(name, "che") { // matches
			name = strings.TrimSuffix(name, "e")
		}
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(name))
}

// mark stands around the name of a variable in an address; no address has it.
const mark = "\x00"

var inDoubleQuotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")

// word makes an address one word of a shell, in which marked variables are variables.
func word(address string) string {
	parts := strings.Split(address, mark)
	if len(parts)%2 == 0 || len(parts) == 1 {
		return quote(strings.ReplaceAll(address, mark, ""))
	}
	for i, part := range parts {
		parts[i] = inDoubleQuotes.Replace(part)
		if i%2 == 1 {
			parts[i] = "${" + part + "}"
		}
	}
	return `"` + strings.Join(parts, "") + `"`
}

// quote makes a text one word of a shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
