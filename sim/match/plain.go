package match

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain is a text on one line, for people: as it is, or quoted where it has
// something in it that a terminal would obey or that nobody sees. Topics and
// payloads of a tape may have anything in them.
func Plain(s string) string {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	if strings.ContainsFunc(s, hidden) || !utf8.ValidString(s) {
		return strconv.Quote(s)
	}
	return s
}
