package connectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Checking input: the same rules and the same words for every pipeline.

const (
	ruleName   = `must be letters, digits, "-" or "_"`
	ruleSecret = "must not hold a secret: write ${NAME} for it"
	ruleType   = "has the wrong type"
)

// identifier is what names may look like: they go into file names.
var identifier = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// #region secrets
// #step What a secret in a URL looks like
var (
	password = regexp.MustCompile(
		`^[^:]+:/*[^:/?#]*:([^/?#]*)@`)
	token = regexp.MustCompile(
		`(?i)^(?:https?|nats):/*([^:/?#@]*)@`)
	named = regexp.MustCompile(
		`(?i)[?&;](?:key|(?:[^=&;]*[^=&;a-z])?` +
			`(?:pass(?:word|wd|phrase)?|pwd|[a-z]*token|` +
			`[a-z]*secret|(?:api|access|auth|private)[-_]?key|` +
			`sig(?:nature)?|auth(?:orization)?|credentials?|jwt` +
			`)(?:[^=&;a-z][^=&;]*)?)=([^&;#]*)`)
	obscured = regexp.MustCompile(
		`(?i)[?&;][^=&;]*%(?:[46][1-9a-f]|[57][0-9a]|` +
			`2[de]|5f)[^=&;]*=([^&;#]*)`)
	secrets  = []*regexp.Regexp{password, token, named, obscured}
	onlyName = regexp.MustCompile(`^(\$\{\w+\})?$`)
)

// #step Only a name may stand where a secret would
func hidesSecrets(url string) bool {
	for _, secret := range secrets {
		found := secret.FindAllStringSubmatch(url, -1)
		for _, match := range found {
			if !onlyName.MatchString(match[1]) {
				return false
			}
		}
	}
	return true
}

// #endregion secrets

// Checks holds the first fault of an input. Check its fields in their order.
type Checks struct {
	// Fault is the field at fault and its rule: sources[0].source_id: must …. It is empty while all is well.
	Fault string
	// mistyped is the outermost field that is of another JSON type.
	mistyped string
}

// Decode reads raw into input, which keeps its values where fields are missing. A wrong JSON type
// becomes the fault of its field when the turn of that field comes, or at once when there is no object.
// What is inside of the lenient fields is as encoding/json takes it: null is for pointers.
func Decode(raw json.RawMessage, input any, lenient ...string) *Checks {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	_ = decoder.Decode(&value)
	plain, _ := json.Marshal(strict(value, lenient))
	err := json.Unmarshal(plain, input)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return &Checks{}
	case errors.As(err, &wrong) && wrong.Field != "":
		return &Checks{mistyped: outermost(wrong.Field)}
	default:
		return &Checks{Fault: "input: " + ruleType}
	}
}

// Rule checks one field, by its full path; of a wrong type only the outermost field is named.
func (c *Checks) Rule(field string, ok bool, rule string) {
	top := outermost(field)
	switch {
	case c.Fault != "":
	case c.mistyped == top:
		c.Fault = top + ": " + ruleType
	case !ok:
		c.Fault = field + ": " + rule
	}
}

// Name checks a field that goes into file names.
func (c *Checks) Name(field, name string) {
	c.Rule(field, identifier.MatchString(name), ruleName)
}

const maxShortName = 64

// ShortName checks a name that goes into file names together with others.
func (c *Checks) ShortName(field, name string) {
	c.Rule(field, identifier.MatchString(name) && len(name) <= maxShortName, ruleName)
}

// Connection checks a connection string: there is one, not too long, and it holds no secret.
func (c *Checks) Connection(field, connection string) {
	ok := connection != "" && utf8.RuneCountInString(connection) <= maxURL
	c.Rule(field, ok && hidesSecrets(connection), ruleSecret)
}

// outermost is sources for sources[0].source_id.
func outermost(field string) string {
	return field[:strings.IndexAny(field+".", ".[")]
}

// maxWhole is the largest whole number that every language holds.
const maxWhole = 1<<53 - 1

// nothing stands for null: no field takes a list in a list.
var nothing = []any{[]any{}}

// strict keeps encoding/json from being lenient: it takes null for a missing field, so null becomes
// what no field takes, but for what is inside of lenient fields; it matches names whatever their case, so
// only lower-case names stay; and it takes numbers that have lost digits.
func strict(value any, lenient []string) any {
	switch value := value.(type) {
	case nil:
		return nothing
	case json.Number:
		number, err := value.Float64()
		if err != nil || math.Abs(number) > maxWhole {
			return nothing
		}
		return number
	case []any:
		for i := range value {
			value[i] = strict(value[i], lenient)
		}
	case map[string]any:
		for name, inner := range value {
			switch {
			case name != strings.ToLower(name):
				delete(value, name)
			case inner == nil && len(lenient) == 1 && lenient[0] == everything:
			case inner != nil && slices.Contains(lenient, name):
				value[name] = strict(inner, []string{everything})
			case len(lenient) == 1 && lenient[0] == everything:
				value[name] = strict(inner, lenient)
			default:
				value[name] = strict(inner, nil)
			}
		}
	}
	return value
}

// everything is lenient for all that is inside.
const everything = "*"

// Complete reports a wrong type, as encoding/json does, where an object lacks a field of a struct, or has null for one
// that is no pointer.
func Complete(raw []byte, of any) error {
	var found map[string]json.RawMessage
	if err := json.Unmarshal(raw, &found); err != nil {
		return err
	}
	for field := range reflect.TypeOf(of).Fields() {
		name, isWire := field.Tag.Lookup("json")
		if !isWire {
			continue
		}
		value, ok := found[name]
		null := string(value) == "null" && field.Type.Kind() != reflect.Pointer
		if !ok || null {
			return &json.UnmarshalTypeError{Value: "nothing", Type: field.Type}
		}
	}
	return nil
}
