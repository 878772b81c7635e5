package lobby

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const channelsPage = "../docs/concepts/which-channel.md"

// rows are the names in the first column of the tables under a heading.
func rows(t *testing.T, page, heading string) []string {
	t.Helper()
	_, section, ok := strings.Cut(page, "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("%s has no section %q", channelsPage, heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var list []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|(?: [^|]+ \\|){3}$").FindAllStringSubmatch(section, -1) {
		list = append(list, m[1])
	}
	return list
}

// compare reports what has no row, and what has one too many.
func compare(t *testing.T, heading string, got, want []string, of string) {
	t.Helper()
	for i, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s: %s has no %s: remove its row", channelsPage, of, name)
		}
		if slices.Contains(got[:i], name) {
			t.Errorf("%s: %s has two rows", channelsPage, name)
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s: %s is not there. Under %q add a row of four columns:\n| `%s` | its channel | why that | when not, or - |",
				channelsPage, name, heading, name)
		}
	}
}

// TestEachRouteAndMessageSaysItsChannel: docs/concepts/which-channel.md knows the whole surface, and nothing that is not there.
func TestEachRouteAndMessageSaysItsChannel(t *testing.T) {
	page, err := os.ReadFile(channelsPage)
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := readDocument(t, newWorld(t, nil))
	var routes []string
	for path, ops := range doc.Paths {
		for method := range ops {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(routes)
	compare(t, "Routes", rows(t, string(page), "Routes"), routes, "the OpenAPI document")

	protocol, err := os.ReadFile("../netcode/PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	var messages []string
	for _, heading := range regexp.MustCompile(`(?m)^### (.+)$`).FindAllStringSubmatch(string(protocol), -1) {
		for _, m := range regexp.MustCompile(`\d+ ([A-Z]+)`).FindAllStringSubmatch(heading[1], -1) {
			messages = append(messages, m[1])
		}
	}
	if len(messages) < 10 {
		t.Errorf("PROTOCOL.md names the messages %v in its headings: this test does not read them as they are written", messages)
	}
	compare(t, "Messages", rows(t, string(page), "Messages"), messages, "PROTOCOL.md")
}
