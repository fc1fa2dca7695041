package connectors

import (
	"strings"
	"testing"
)

func TestStrictJSON(t *testing.T) {
	deep := func(levels int) string {
		return strings.Repeat("[", levels) + strings.Repeat("]", levels)
	}
	tests := map[string]struct{ in, want string }{
		"numbers keep their digits":     {`[1533947986218845197,1.10,1e400,-0]`, `[1533947986218845197,1.10,1e400,-0]`},
		"the last of a name, wholly":    {`{"a":{"b":1},"a":{"c":2}}`, `{"a":{"c":2}}`},
		"one byte order mark":           {"\ufeff[]", `[]`},
		"two of them":                   {"\ufeff\ufeff[]", ""},
		"a pair of surrogates":          {`"\ud83d\ude00"`, `"😀"`},
		"half of one":                   {`"\ud83d"`, ""},
		"the other half":                {`["a","\ude00\ud83d"]`, ""},
		"half of one in a name":         {`{"\ud83d ":1}`, ""},
		"text like half of one":         {`"\\ud83d\""`, `"\\ud83d\""`},
		"a hundred levels":              {deep(100), deep(100)},
		"one more":                      {deep(101), ""},
		"brackets in text are no level": {`"` + deep(101) + `"`, `"` + deep(101) + `"`},
		"no UTF-8":                      {"\"\xe9\"", ""},
		"two texts":                     {`{} {}`, ""},
		"nothing":                       {"", ""},
		"a number of other languages":   {`[01]`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			value, ok := StrictJSON([]byte(test.in))
			got := ""
			if ok {
				var err error
				if got, err = ToJSON(value); err != nil {
					t.Fatal(err)
				}
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
