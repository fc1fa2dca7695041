package connectors

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// What callers may reach through this worker: lists in its environment, which its operator alone writes.
//
// PIPELINE_HOSTS: hosts, each with a port or for any, as in db.example.com:5432,api.example.com.
// PIPELINE_VARIABLES: the hosts that may see a variable, as in PG_PASSWORD=db.example.com:5432,TOKEN=api.example.com.
// PIPELINE_ROOTS: folders, written as in PATH, below which files may be read and written.
// A list that is not set is empty; * is any host.

// #region variable

// variable is the value of an environment variable that callers
// may name.
func variable(name string) (string, error) {
	// #step A name that is not listed stands for nothing
	if !slices.ContainsFunc(grants(), func(to grant) bool {
		return to.name == name
	}) {
		return "", InvalidInput("environment variable " +
			name + " is not in PIPELINE_VARIABLES")
	}
	value, ok := os.LookupEnv(name)
	if !ok {
		return "", InvalidInput(
			"environment variable " + name + " is not set")
	}
	return value, nil
}

// #endregion variable

// checkVariables refuses a host that may not see one of the variables; without a host, * alone lets them go.
func checkVariables(names []string, host, port string) error {
	for _, name := range names {
		var hosts []string
		for _, to := range grants() {
			if to.name == name {
				hosts = append(hosts, to.host)
			}
		}
		if !isAmong(hosts, host, port) {
			return InvalidInput("environment variable " + name + " may not go there: see PIPELINE_VARIABLES")
		}
	}
	return nil
}

// checkHost refuses a host that the worker may not talk to; an IPv6 address is without its brackets.
func checkHost(host, port string) error {
	if !isAmong(listOf("PIPELINE_HOSTS"), host, port) {
		return InvalidInput("host is not in PIPELINE_HOSTS")
	}
	return nil
}

// #region path

// checkPath refuses a path that leads out of the roots, links
// followed. A file is below one of them; a folder may be one.
func checkPath(path string, folder bool) error {
	// #step Where it leads, whatever links are on the way
	inner, known := realOf(path)
	if !folder {
		inner = filepath.Dir(inner)
	}

	// #step Below a folder that the operator has named
	roots := filepath.SplitList(os.Getenv("PIPELINE_ROOTS"))
	inside := func(root string) bool {
		root, ok := realOf(root)
		return ok && isWithin(root, inner)
	}
	if !known || !slices.ContainsFunc(roots, inside) {
		return InvalidInput("path is not under PIPELINE_ROOTS")
	}
	return nil
}

// #endregion path

// listOf is the entries of a list, between commas or spaces.
func listOf(name string) []string {
	return strings.FieldsFunc(os.Getenv(name), func(char rune) bool {
		return char == ',' || unicode.IsSpace(char)
	})
}

// grant lets a variable go to a host: a name may have several.
type grant struct{ name, host string }

func grants() []grant {
	var all []grant
	for _, pair := range listOf("PIPELINE_VARIABLES") {
		name, host, _ := strings.Cut(pair, "=")
		all = append(all, grant{name, host})
	}
	return all
}

// isAmong reports whether a list names a host, with this port or for any.
func isAmong(listed []string, host, port string) bool {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return slices.ContainsFunc(listed, func(one string) bool {
		one = strings.ToLower(one)
		return one == "*" || host != "" && (one == host || one == host+":"+port)
	})
}

// realOf is a path without links; what is not there yet is where its folder is. ok is false for a link that leads
// nowhere, and for no path at all.
func realOf(path string) (real string, ok bool) {
	whole, err := filepath.Abs(path)
	if path == "" || err != nil {
		return "", false
	}
	if real, err := filepath.EvalSymlinks(whole); err == nil {
		return real, true
	}
	folder := filepath.Dir(whole)
	if isLink(whole) || folder == whole {
		return "", false
	}
	if folder, ok = realOf(folder); !ok {
		return "", false
	}
	return filepath.Join(folder, filepath.Base(whole)), true
}

func isLink(path string) bool {
	found, err := os.Lstat(path)
	return err == nil && found.Mode().Type() == os.ModeSymlink
}

func isWithin(root, path string) bool {
	const sep = string(filepath.Separator)
	return strings.HasPrefix(path+sep, strings.TrimSuffix(root, sep)+sep)
}
