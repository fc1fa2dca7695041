// What the probe needs of this package, which no pipeline does.
package connectors

import "net/url"

// Resolve is resolve.
func Resolve(connection string, schemes ...string) (*url.URL, error) {
	address, err := resolve(connection, false, schemes...)
	return address.URL, err
}
