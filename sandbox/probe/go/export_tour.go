// What the probe needs of this package, which no pipeline does.
package tour

import "encoding/json"

// Validate says what is wrong with an input.
func Validate(raw json.RawMessage) error {
	_, err := validate(raw)
	return err
}
