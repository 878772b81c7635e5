package reference

import "encoding/json"

// document is as much of OpenAPI 3.1 as the page shows.
type document struct {
	Info struct {
		Title, Version, Description string
	}
	Servers []struct{ URL string }
	Tags    []struct {
		Name, Description string
	}
	Paths      map[string]map[string]operation
	Components struct {
		Schemas  map[string]*schema
		Headers  map[string]header
		Examples map[string]struct{ Value json.RawMessage }
	}
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Security    []map[string][]string
	Parameters  []parameter
	RequestBody *struct {
		Required bool
		Content  map[string]media
	} `json:"requestBody"`
	Responses map[string]response
}

type parameter struct {
	Name, In, Description string
	Required              bool
	Schema                *schema
	Example               any
}

type response struct {
	Description string
	Headers     map[string]header
	Content     map[string]media
	Codes       []string `json:"x-problem-codes"`
}

type header struct {
	Ref         string `json:"$ref"`
	Description string
	Example     any
}

type media struct {
	Schema  *schema
	Example json.RawMessage
}

type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any    // a name, or a list of names
	Format               string
	Description          string
	Properties           map[string]*schema
	Required             []string
	Items                *schema
	AdditionalProperties any
	Enum                 []any
	Default              any
	Minimum, Maximum     *float64
	MinLength, MaxLength *int
	MaxItems             *int
	Pattern              string
	Examples             []any
}
