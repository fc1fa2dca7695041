package connectors

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// placeholder is ${NAME} in a connection string: a secret that only the worker knows.
var placeholder = regexp.MustCompile(`\$\{(\w+)\}`)

// #region resolve

// resolve puts the worker's environment into a connection
// string. No message of its failures holds a value.
func resolve(
	connection string, schemes ...string,
) (*url.URL, error) {
	// #step Secrets come from the worker's environment
	var unset []string
	fill := func(match string) string {
		name := match[len("${") : len(match)-len("}")]
		value, ok := os.LookupEnv(name)
		if !ok {
			unset = append(unset, name)
		}
		return escaped(value)
	}
	filled := placeholder.ReplaceAllStringFunc(connection, fill)
	if len(unset) > 0 {
		return nil, InvalidInput(
			"environment variable " + unset[0] + " is not set")
	}

	// #step A connection string is a URL of a known scheme
	address, err := url.Parse(filled)
	if err != nil || !hasScheme(address, schemes) {
		known := strings.Join(schemes, " or ")
		return nil, InvalidInput(
			"connection_string: must be a " + known + " URL")
	}
	return address, nil
}

// #endregion resolve

// escaped makes a value safe in any one part of a URL: unlike QueryEscape it writes a space as %20.
func escaped(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// hasScheme reports whether a URL has one of the schemes, and a host exactly where its scheme has one.
func hasScheme(address *url.URL, schemes []string) bool {
	if !slices.Contains(schemes, address.Scheme) {
		return false
	}
	switch address.Scheme {
	case "file":
		return (address.Host == "" || address.Host == "localhost") && address.Path != ""
	case "http", "https":
		return address.Host != ""
	default:
		return address.Opaque == ""
	}
}
