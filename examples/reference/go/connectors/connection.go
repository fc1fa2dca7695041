package connectors

import (
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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

	// #step A URL holds only what RFC 3986 allows
	address, ok := parseURL(filled)

	// #step A connection string is a URL of a known scheme
	if !ok || !slices.Contains(schemes, address.Scheme) {
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

const maxURL = 2048

var (
	// characters are those of RFC 3986; a % begins an escape of two digits.
	characters = regexp.MustCompile(`^(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$`)
	// parts are scheme, authority, path and query; there is no fragment.
	parts = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?$`)
	// place is userinfo, host and port of an authority.
	place   = regexp.MustCompile(`^(?:([^@\[\]]*)@)?(\[[^@\[\]]*\]|[^@:\[\]]*)(?::([0-9]{1,5}))?$`)
	labels  = regexp.MustCompile(`^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$`)
	numeric = regexp.MustCompile(`(?:^|\.)(?:[0-9]+|0x[a-z0-9_-]*)$`)
	subject = regexp.MustCompile(`^/[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$`)
	// noPath is a path that names no file, or that another system would read otherwise.
	noPath = regexp.MustCompile(`(?i)^/*$|%2f|%5c`)
)

const maxSubject = 200

// parseURL reads a URL more strictly than url.Parse, which is made for what browsers hold.
func parseURL(text string) (address *url.URL, ok bool) {
	found := parts.FindStringSubmatch(text)
	if len(text) > maxURL || !characters.MatchString(text) || found == nil {
		return nil, false
	}
	authority, path, query := found[2], found[3], found[4]
	if !isText(authority) || !isText(path) || !isText(query) {
		return nil, false
	}
	address, err := url.Parse(text)
	if err != nil || !setPlace(address, authority) {
		return nil, false
	}
	switch address.Scheme {
	case "file":
		here := authority == "" || strings.EqualFold(authority, "localhost")
		ok = here && query == "" && !noPath.MatchString(path)
	case "nats":
		named := subject.MatchString(path) && len(path) <= len("/")+maxSubject
		ok = address.Host != "" && query == "" && named
	default:
		ok = address.Host != ""
	}
	return address, ok
}

// isText reports whether a part of a URL, unescaped, is UTF-8 without NUL.
func isText(part string) bool {
	text, err := url.PathUnescape(part)
	return err == nil && utf8.ValidString(text) && !strings.Contains(text, "\x00")
}

// setPlace writes the host as it is compared, in lower case; ok is false when the authority is none.
func setPlace(address *url.URL, authority string) (ok bool) {
	found := place.FindStringSubmatch(authority)
	if found == nil {
		return false
	}
	host, port := strings.ToLower(found[2]), found[3]
	if host != "" && !isHost(host) {
		return false
	}
	address.Host = host
	if port != "" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return false
		}
		address.Host += ":" + strconv.FormatUint(number, 10)
	}
	return host != "" || authority == ""
}

// isHost reports whether a host, in lower case, is a name, an IPv4 address or an IPv6 one in brackets.
func isHost(host string) bool {
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		address, err := netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		return err == nil && address.Is6() && address.Zone() == ""
	}
	if numeric.MatchString(host) {
		address, err := netip.ParseAddr(host)
		return err == nil && address.Is4()
	}
	return labels.MatchString(host)
}
