package redact

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

func word(b []byte, i int, w string) int {
	if len(b)-i < len(w) || string(b[i:i+len(w)]) != w {
		return -1
	}
	return i + len(w)
}

// textEnd returns where the closing quote of the text stands that begins at i,
// and whether it has escapes; -1 if JSON has no such text.
func textEnd(b []byte, i int) (end int, escaped bool) {
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			return i, escaped
		case c < ' ':
			return -1, false
		case c != '\\':
			i++
		default:
			escaped = true
			if i+1 == len(b) {
				return -1, false
			}
			switch b[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				if _, ok := hex4(b, i+2); !ok {
					return -1, false
				}
				i += 6
			default:
				return -1, false
			}
		}
	}
	return -1, false
}

// numberEnd returns where the number at i ends, -1 if none begins there.
func numberEnd(b []byte, i int) int {
	digits := func() bool {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return -1
		}
	}
	return i
}

// eachByte calls f with each number of the list at i, and returns where the
// list ends; 0 if not all in it are whole numbers from 0 to 255, or it is
// empty.
func eachByte(b []byte, i int, f func(from, to int, v byte)) int {
	for {
		from := skipSpace(b, i+1)
		to := from
		for to < len(b) && to-from <= 3 && b[to] >= '0' && b[to] <= '9' {
			to++
		}
		v, err := strconv.ParseUint(string(b[from:to]), 10, 8)
		if err != nil || (b[from] == '0' && to-from > 1) {
			return 0
		}
		f(from, to, byte(v))
		i = skipSpace(b, to)
		if i == len(b) {
			return 0
		}
		if b[i] == ']' {
			return i + 1
		}
		if b[i] != ',' {
			return 0
		}
	}
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case lower[c] >= 'a' && lower[c] <= 'f':
			r = r<<4 | rune(lower[c]-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unit reads one character of an escaped text: it takes n bytes, and r is what
// it means; r is negative for a byte that stands for itself. What is no escape
// stands for itself, too, as in a text that was cut short.
func unit(raw []byte, i int) (r rune, n int) {
	if raw[i] != '\\' || i+1 == len(raw) {
		return -1, 1
	}
	switch c := raw[i+1]; c {
	case '"', '\\', '/':
		return rune(c), 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		r, ok := hex4(raw, i+2)
		if !ok {
			return -1, 1
		}
		if utf16.IsSurrogate(r) {
			if i+8 <= len(raw) && raw[i+6] == '\\' && raw[i+7] == 'u' {
				if low, ok := hex4(raw, i+8); ok {
					if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
						return both, 12
					}
				}
			}
			return utf8.RuneError, 6
		}
		return r, 6
	}
	return -1, 1
}

// unescape appends the meaning of an escaped text.
func unescape(b, raw []byte) []byte {
	for i := 0; i < len(raw); {
		r, n := unit(raw, i)
		if r < 0 {
			b = append(b, raw[i])
		} else {
			b = utf8.AppendRune(b, r)
		}
		i += n
	}
	return b
}

// unmap moves edits, which are in order, from places in the meaning of an
// escaped text to places in the text. An edit that begins or ends within a
// character takes all of it.
func unmap(raw []byte, edits []edit) {
	i, at := 0, 0 // at is the place in the meaning
	// forward goes to the character that holds the place, or to its end.
	forward := func(place int, over bool) int {
		for i < len(raw) {
			r, n := unit(raw, i)
			size := 1
			if r >= 0 {
				size = utf8.RuneLen(r)
			}
			if at+size > place && (!over || at >= place) {
				break
			}
			i, at = i+n, at+size
		}
		return i
	}
	for k := range edits {
		edits[k].from = forward(edits[k].from, false)
		edits[k].to = forward(edits[k].to, true)
	}
}
