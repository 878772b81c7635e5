package reference

import (
	"encoding/json"
	"strings"
	"testing"
)

const small = `{"openapi":"3.1.0","info":{"title":"T","version":"1","description":"<script>alert(1)</script>"},
"servers":[{"url":"http://127.0.0.1:1"}],"tags":[{"name":"a","description":"A tag."}],
"paths":{"/v1/x/{id}":{"post":{"operationId":"makeX","summary":"Make","description":"Makes.","tags":["a"],"security":[{"bearer":[]}],
"parameters":[{"name":"id","in":"path","required":true,"example":"a b","schema":{"type":"string"}},
{"name":"q","in":"query","required":true,"description":"What to\nfind.","schema":{"type":"string"}}],
"requestBody":{"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/X"},"example":{"name":"it's"}}}},
"responses":{"200":{"description":"OK","headers":{"ETag":{"$ref":"#/components/headers/ETag"}},
"content":{"application/json":{"schema":{"$ref":"#/components/schemas/X"},"example":{"name":"it's"}}}},
"409":{"description":"no","x-problem-codes":["full"]}}}}},
"components":{"schemas":{"X":{"type":"object","required":["name"],"properties":{"again":{"$ref":"#/components/schemas/X"},
"gone":{"$ref":"#/components/schemas/Nowhere"},"list":{"type":["array","null"],"items":{"$ref":"#/components/schemas/Y"}},
"name":{"type":"string","maxLength":9,"enum":["it's"]}}},"Y":{"type":"object","properties":{"inner":{"type":"string","format":"date-time"}}}},
"headers":{"ETag":{"description":"The tag."}},"examples":{"full":{"value":{"status":409,"detail":"it is full"}}}}}`

func render(t *testing.T, doc string) string {
	t.Helper()
	text, err := Page([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPageShowsAnOperation(t *testing.T) {
	text := render(t, small)
	for what, want := range map[string]string{
		"anchor": `<article id="makeX">`, "tag": `<section id="a"`, "parameter": `in path`, "field": `<code>name</code> <i>string</i>`,
		"limit": `at most 9 characters`, "inner field": `<code>inner</code> <i>time</i>`, "header": `The tag.`, "error": `it is full`,
		"list": `list of object or null`, "token": `class="token" title`,
		"curl": "Q=&#39;...&#39; # What to find.\ncurl &#39;http://127.0.0.1:1/v1/x/a%20b&#39; \\\n  --url-query &#34;q=${Q}&#34; \\\n  -H &#34;Authorization: Bearer $TOKEN&#34; \\\n  " +
			"-H &#39;Content-Type: application/json&#39; \\\n  -d &#39;{&#34;name&#34;:&#34;it&#39;\\&#39;&#39;s&#34;}&#39;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s: %s is missing", what, want)
		}
	}
	if strings.Index(text, "<code>name</code>") > strings.Index(text, "<code>again</code>") {
		t.Error("an optional field stands before a required one")
	}
}

// The policy of the server lets no inline code run; a page that needs it would be broken, or would ask for a weaker policy.
func TestPageKeepsToTheContentSecurityPolicy(t *testing.T) {
	text := render(t, small)
	for _, bad := range []string{"<script>", "<style", " style=", " onclick=", "javascript:", "http-equiv", "//cdn"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, script := range [][]byte{Script()} {
		for _, sink := range []string{"innerHTML", "insertAdjacentHTML", "eval(", "document.write"} {
			if strings.Contains(string(script), sink) {
				t.Errorf("the script uses %s, which Trusted Types refuse", sink)
			}
		}
	}
	if len(Style()) == 0 {
		t.Error("there is no style")
	}
}

func TestQuoteMakesOneWord(t *testing.T) {
	for in, want := range map[string]string{"a": "'a'", "it's": `'it'\''s'`, "$(rm x)": "'$(rm x)'"} {
		if got := quote(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestCurlHasVariablesForWhatTheReaderKnows(t *testing.T) {
	d := document{Paths: map[string]map[string]operation{"/v1/owls": {"get": {}}}}
	id := parameter{Name: "id", In: "path", Required: true, Description: "Room id."}
	for path, want := range map[string]string{
		"/v1/rooms/{id}/join": "ROOM='...' # Room id.\ncurl \"/v1/rooms/${ROOM}/join\"",
		"/$(rm x)/rooms/{id}": "ROOM='...' # Room id.\ncurl \"/\\$(rm x)/rooms/${ROOM}\"",
		"/v1/matches/{id}":    "MATCH='...' # Room id.\ncurl \"/v1/matches/${MATCH}\"",
		"/v1/owls/{id}":       "OWL=$(curl -s '/v1/owls' | jq -r '.owls[0].id') # Room id.\ncurl \"/v1/owls/${OWL}\"",
	} {
		if got := d.curl("get", path, operation{Parameters: []parameter{id}}); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
		}
	}
}

func TestCurlShowsAStreamAsItComes(t *testing.T) {
	var d document
	stream := operation{Responses: map[string]response{"200": {Content: map[string]media{"text/event-stream": {}}}}}
	if got := d.curl("get", "/v1/events", stream); got != "curl -N '/v1/events'" {
		t.Error(got)
	}
}

func TestWhatIsNoDocumentIsAnError(t *testing.T) {
	for _, in := range []string{"", "[]", `{"paths":3}`} {
		if _, err := Page([]byte(in)); err == nil {
			t.Errorf("%q was taken", in)
		}
	}
}

func FuzzPage(f *testing.F) {
	f.Add(small)
	f.Add(strings.Replace(small, `"type":"string","format":"date-time"`, `"$ref":"#/components/schemas/Z"}}},"Z":{"type":"array","items":{"$ref":"#/components/schemas/Z"`, 1))
	f.Add(`{"tags":[{"name":"a"}],"paths":{"":{"get":{"tags":["a"],"requestBody":{}}}}}`)
	f.Fuzz(func(t *testing.T, doc string) {
		if text, err := Page([]byte(doc)); err == nil && !json.Valid([]byte(doc)) {
			t.Errorf("%d bytes of what is no JSON", len(text))
		}
	})
}
