package connectors

import (
	"strings"
	"testing"
)

func TestConnectionsAreURLsOfRFC3986(t *testing.T) {
	t.Setenv("PW", "p@ss/ü %")
	t.Setenv("PIPELINE_VARIABLES", "PW=*")
	tests := map[string]string{
		"http://bob:${PW}@EXAMPLE.com:080/x?a;b&c=%20": "http://bob:p%40ss%2F%C3%BC%20%25@example.com:80/x?a;b&c=%20",
		"http://[::1]":                "http://[::1]",
		"http://1.2.3.4/":             "http://1.2.3.4/",
		"file:///a%20b/100%25.csv":    "file:///a%20b/100%25.csv",
		"file://localhost/a":          "file://localhost/a",
		"FILE://LocalHost/a":          "file://localhost/a",
		"nats://h:4222/a.b_c-d":       "nats://h:4222/a.b_c-d",
		"nats://h/" + long("a", 200):  "nats://h/" + long("a", 200),
		"nats://h/" + long("a", 201):  "",
		"http://h/" + long("a", 2040): "",
		"http://h/${PW}" + "\n":       "",
		"file:///100%.csv":            "",
		"file://data/a.csv":           "",
		"file:///":                    "",
		"file:///a%2fb":               "",
		"file:///a?":                  "",
		"http://h/#":                  "",
		"http://h/%00":                "",
		"http://h/%ff":                "",
		"http://é/":                   "",
		"http://h:/":                  "",
		"http://h:0/":                 "",
		"http://h:65536/":             "",
		"http://1.2.3/":               "",
		"http://1.2.3.04/":            "",
		"http://0x7f.1/":              "",
		"http://a./":                  "",
		"http://a..b/":                "",
		"http://[::1%25lo]/":          "",
		"http://[1.2.3.4]/":           "",
		"http://a@b@c/":               "",
		"http://a[]@b/":               "",
		"http:///x":                   "",
		"nats://h":                    "",
		"nats://h/a..b":               "",
		"nats://h/a?":                 "",
		"ftp://h/":                    "",
		"file:/a":                     "",
	}
	for connection, want := range tests {
		address, err := resolve(connection, false, "http", "file", "nats")
		switch {
		case err != nil && want != "":
			t.Errorf("%s: %v", connection, err)
		case err != nil:
			if _, reason := CauseOf(err); reason != "connection_string: must be a http or file or nats URL" {
				t.Errorf("%s: got %s", connection, reason)
			}
		case address.String() != want:
			t.Errorf("%s: got %s, want %q", connection, address, want)
		}
	}
}

func long(text string, times int) string {
	return strings.Repeat(text, times)
}

func TestAVariableThatIsNotSetIsNamed(t *testing.T) {
	t.Setenv("PIPELINE_VARIABLES", "PIPELINES_UNSET=*")
	_, err := resolve("http://${PIPELINES_UNSET}/", false, "http")
	if _, reason := CauseOf(err); reason != "environment variable PIPELINES_UNSET is not set" {
		t.Error(reason)
	}
}
