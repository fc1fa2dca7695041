package connectors

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep lists and objects may stand in each other.
const maxDepth = 100

var byteOrderMark = []byte("\ufeff")

// StrictJSON reads JSON that somebody else wrote: UTF-8, at most 100 levels deep, no half characters.
// Numbers keep their digits, as json.Number; of names given twice the last one counts.
func StrictJSON(text []byte) (value any, ok bool) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	if !utf8.Valid(text) || !json.Valid(text) || !isShallowText(text) {
		return nil, false
	}
	err := unmarshalExact(text, &value)
	return value, err == nil
}

// unmarshalExact is json.Unmarshal that keeps the digits of numbers.
func unmarshalExact(text []byte, value any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(value)
}

// isShallowText looks through valid JSON for what encoding/json lets pass: depth, and surrogates that
// are no pair, which it would replace.
func isShallowText(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\' && text[i+1] != 'u':
			i++
		case quoted && c == '\\':
			length, ok := unicodeEscape(text[i:])
			if !ok {
				return false
			}
			i += length - 1
		case !quoted && (c == '[' || c == '{'):
			depth++
		case !quoted && (c == ']' || c == '}'):
			depth--
		}
		if depth > maxDepth {
			return false
		}
	}
	return true
}

// unicodeEscape is the length of the \u escape that text begins with, a pair of surrogates being one.
func unicodeEscape(text []byte) (length int, ok bool) {
	first := codeUnit(text)
	if !utf16.IsSurrogate(first) {
		return len(`\uXXXX`), true
	}
	second := codeUnit(text[len(`\uXXXX`):])
	return 2 * len(`\uXXXX`), utf16.DecodeRune(first, second) != utf8.RuneError
}

// codeUnit is the value of the \u escape that text begins with; 0 when there is none.
func codeUnit(text []byte) rune {
	if len(text) < len(`\uXXXX`) || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	unit, _ := strconv.ParseUint(string(text[2:6]), 16, 16) // valid JSON
	return rune(unit)
}
