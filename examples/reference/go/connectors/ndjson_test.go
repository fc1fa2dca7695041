package connectors

import (
	"encoding/json"
	"testing"
)

// What JSON.stringify makes of the same values, keys sorted.
func TestLinesAreTheBytesOfJavaScript(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"keys are sorted at every depth": {`{"b":[{"d":1,"c":2}],"a":{}}`, `{"a":{},"b":[{"c":2,"d":1}]}`},
		"whole numbers have no fraction": {`[517.0,1e2,-0,-0.0]`, `[517,100,0,0]`},
		"floats are the shortest":        {`[0.10,39.02,1e-6,1e-7,123456789.125]`, `[0.1,39.02,0.000001,1e-7,123456789.125]`},
		"large numbers":                  {`[1e20,1e21,9007199254740993]`, `[100000000000000000000,1e+21,9007199254740992]`},
		"no HTML escaping":               {`"<a href=\"x\">&</a>"`, `"<a href=\"x\">&</a>"`},
		"control characters":             {`"\u0000\b\t\n\f\r\u001f\u007f"`, "\"\\u0000\\b\\t\\n\\f\\r\\u001f\x7f\""},
		"separators of lines stay":       {`"\u2028\u2029"`, "\"\u2028\u2029\""},
		"text like an escape stays":      {`"\\u2028"`, `"\\u2028"`},
		"characters beyond ASCII stay":   {`"ü\ud83d\ude00/"`, `"ü😀/"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var value any
			if err := json.Unmarshal([]byte(test.in), &value); err != nil {
				t.Fatal(err)
			}
			if got := ToJSON(withoutNegativeZeros(value)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	if got := ToJSON("a\xffb"); got != "\"a\ufffdb\"" {
		t.Errorf("a byte that is no text: got %s", got)
	}
}
