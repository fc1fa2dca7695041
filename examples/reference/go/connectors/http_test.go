package connectors

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// answers is what reading an API gives: its records as lines, or the words of its failure.
func answers(t *testing.T, userAndQuery [2]string, api http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(api)
	defer server.Close()
	connection := strings.Replace(server.URL, "http://", "http://"+userAndQuery[0], 1) + "/x" + userAndQuery[1]
	var records []RawRecord
	for page, err := range ReadAPI(t.Context(), connection, "", 2) {
		if err != nil {
			kind, reason := CauseOf(err)
			return kind + ": " + reason
		}
		records = append(records, page.Records...)
	}
	text, err := ToJSON(records)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnswersOfAnAPI(t *testing.T) {
	const broken = "Malformed: API answered broken JSON"
	const shapeless = "ValidationError: API answered JSON without records"
	const still = "ValidationError: API: the cursor stands still"
	tests := map[string]struct{ in, want string }{
		"exact numbers":        {`{"records":[{"id":-10,"data":{"n":1.10}}],"has_more":false}`, `[{"id":"-10","data":{"n":1.10}}]`},
		"nothing":              {`{"records":[],"has_more":false}`, `null`},
		"nothing, and more":    {`{"records":[],"has_more":true}`, still},
		"the same for ever":    {`{"records":[{"id":"a","data":{}}],"has_more":true}`, still},
		"other names":          {`{"records":[{"ID":"1","Data":{}}],"has_more":false}`, shapeless},
		"a fraction for an id": {`{"records":[{"id":1.0,"data":{}}],"has_more":false}`, shapeless},
		"an empty id":          {`{"records":[{"id":"","data":{}}],"has_more":false}`, shapeless},
		"no data":              {`{"records":[{"id":"1"}],"has_more":false}`, shapeless},
		"no record":            {`{"records":[null],"has_more":false}`, shapeless},
		"half":                 {`{"records":[`, broken},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := answers(t, [2]string{}, func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write([]byte(test.in))
			})
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestTheQueryStaysAndTheUserGoesAlong(t *testing.T) {
	var asked []string
	got := answers(t, [2]string{"bob:p%40w@", "?filter=a;b&x=%20"}, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked = append(asked, r.URL.RequestURI()+" "+user+" "+password+r.Referer())
		if r.URL.Path == "/x" {
			w.Header().Set("Location", "/y?z")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		_, _ = packed.Write([]byte(`{"records":[],"has_more":false}`))
		_ = packed.Close()
	})
	want := "/x?filter=a;b&x=%20&after=&limit=2 bob p@w, /y?z bob p@w"
	if joined := strings.Join(asked, ", "); joined != want || got != "null" {
		t.Errorf("asked %s, want %s; got %s", joined, want, got)
	}
}

func TestRedirectsStayWithTheServer(t *testing.T) {
	for _, location := range []string{"", "http://elsewhere/", "http://127.0.0.1:1/", "/again"} {
		got := answers(t, [2]string{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		})
		if got != "ValidationError: API redirects elsewhere" {
			t.Errorf("%s: got %s", location, got)
		}
	}
}

func TestTLSIsAnotherPortOfTheLists(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://127.0.0.1:1/")
		w.WriteHeader(http.StatusFound)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	t.Setenv("TOKEN", "x")
	for _, test := range []struct{ hosts, variables, want string }{
		{host, "", "host is not in PIPELINE_HOSTS"},
		{host + ",127.0.0.1:1", "TOKEN=" + host, "environment variable TOKEN may not go there: see PIPELINE_VARIABLES"},
		{host + ",127.0.0.1:1", "TOKEN=127.0.0.1", "API did not answer"},
	} {
		t.Setenv("PIPELINE_HOSTS", test.hosts)
		t.Setenv("PIPELINE_VARIABLES", test.variables)
		connection := server.URL
		if test.variables != "" {
			connection += "?token=${TOKEN}"
		}
		for _, err := range ReadAPI(t.Context(), connection, "", 1) {
			if _, got := CauseOf(err); got != test.want {
				t.Errorf("%+v: got %s", test, got)
			}
		}
	}
}

func TestAnswersThatUnpackToTooMuch(t *testing.T) {
	got := answers(t, [2]string{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		packed, zeros := gzip.NewWriter(w), make([]byte, 1024*1024)
		for range 65 {
			_, _ = packed.Write(zeros)
		}
		_ = packed.Close()
	})
	if got != "ValidationError: API answered too much" {
		t.Error(got)
	}
}

func TestRetryAfter(t *testing.T) {
	later := time.Now().Add(90 * time.Second).UTC()
	tests := map[string]time.Duration{
		"7": 7 * time.Second, "0": time.Second, "-5": time.Second, "2.7": time.Second, "Infinity": time.Second,
		"": time.Second, "86401": maxRetryAfter, "99999999999999999999": maxRetryAfter,
		"Sun, 06 Nov 1994 08:49:37 GMT":                     time.Second,
		"Fri, 31 Dec 2100 23:59:59 EST":                     time.Second,
		"Fri Dec 31 23:59:59 2100":                          maxRetryAfter,
		later.Format(http.TimeFormat):                       90 * time.Second,
		later.Format("Monday, 02-Jan-06 15:04:05 ") + "GMT": 90 * time.Second,
	}
	for value, want := range tests {
		if got := retryAfter([]string{value}); got > want || got < want-time.Second || got%time.Second != 0 {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
	if got := retryAfter([]string{"7", "8"}); got != time.Second {
		t.Errorf("two values: got %s", got)
	}
}
