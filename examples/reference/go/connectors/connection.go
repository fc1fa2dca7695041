package connectors

import (
	"cmp"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// resolved is a URL, and the names of the variables that went into it.
type resolved struct {
	*url.URL
	variables []string
}

// defaultPorts are the ports where there is none in a URL.
var defaultPorts = map[string]string{
	"postgres":   "5432",
	"postgresql": "5432",
	"http":       "80",
	"https":      "443",
	"nats":       "4222",
}

// placeholder is ${NAME} in a connection string: a secret that only the worker knows.
var placeholder = regexp.MustCompile(`\$\{(\w+)\}`)

// #region resolve

// resolve puts the worker's environment into a connection
// string, and checks that the worker may go there. No message
// of its failures holds a value. A folder may be a root itself.
func resolve(
	connection string, folder bool, schemes ...string,
) (resolved, error) {
	// #step Secrets come from the worker's environment
	var variables []string
	var err error
	fill := func(match string) (value string) {
		name := match[len("${") : len(match)-len("}")]
		variables = append(variables, name)
		if err == nil {
			value, err = variable(name)
		}
		return escaped(value)
	}
	filled := placeholder.ReplaceAllStringFunc(connection, fill)
	if err != nil {
		return resolved{}, err
	}

	// #step A connection string is a URL of a known scheme
	address, ok := parseURL(filled)
	if !ok || !slices.Contains(schemes, address.Scheme) {
		known := strings.Join(schemes, " or ")
		return resolved{}, InvalidInput(
			"connection_string: must be a " + known + " URL")
	}

	// #step Its worker decides where it may lead
	found := resolved{address, variables}
	return found, found.check(folder)
}

// #endregion resolve

// check refuses what the lists of the worker do not let go.
func (r resolved) check(folder bool) error {
	// A redirect may write it otherwise.
	host, port := strings.ToLower(r.Hostname()), portOf(r.URL)
	var err error
	if r.Scheme == "file" {
		host = "" // localhost, if it is there, is no host that sees anything
		err = checkPath(pathOf(r.URL), folder)
	} else {
		err = checkHost(host, port)
	}
	if err != nil {
		return err
	}
	return checkVariables(r.variables, host, port)
}

// portOf is the port of a URL, or that of its scheme.
func portOf(address *url.URL) string {
	return cmp.Or(address.Port(), defaultPorts[address.Scheme])
}

// fileOf is the path of the file that a file:// connection string names.
func fileOf(connection string) (string, error) {
	return localOf(connection, false)
}

// FolderOf is the path of the folder that a file:// connection string names.
func FolderOf(connection string) (string, error) {
	return localOf(connection, true)
}

func localOf(connection string, folder bool) (string, error) {
	address, err := resolve(connection, folder, "file")
	if err != nil {
		return "", err
	}
	return pathOf(address.URL), nil
}

// pathOf is the path in the file system of a file:// URL. Dots go before links are followed: what is checked is opened.
func pathOf(address *url.URL) string {
	plain := &url.URL{Scheme: "file", Path: address.Path}
	return plain.ResolveReference(plain).Path
}

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
