package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"regexp"
	"strings"
)

const (
	standInPrefix = "redacted-"
	standInDigits = 12 // hexadecimal
	standInLength = len(standInPrefix) + standInDigits
)

// numberMark is what the first half of the digits of every number that stands
// in for another are taken from. It begins low, so that such a number is no
// larger than what it stands for may be: 10 digits fit 32 bits, 20 digits 64.
const numberMark = "1306749258"

// listMark is what the first half of a list of bytes is taken from.
const listMark = "redacted"

// IsStandIn reports whether a text is a stand-in for one.
func IsStandIn(s string) bool {
	return len(s) == standInLength && standInAt(s) == 0
}

// HoldsStandIn reports whether a topic or a payload has a stand-in of a text or
// of a list of bytes in it. Those of numbers cannot be told from numbers.
func HoldsStandIn(text []byte) bool {
	return standInAt(text) >= 0 || markedList.Match(text)
}

// markedList is a list of sixteen bytes or more that stands in for another:
// the first half of its bytes is taken from listMark.
var markedList = regexp.MustCompile(`\[\s*114\s*,\s*101\s*,\s*100\s*,\s*97\s*,\s*99\s*,\s*116\s*,\s*101\s*,\s*100\s*,`)

// standInAt returns where the first stand-in of a text begins, or -1.
func standInAt[T string | []byte](s T) int {
	for from := 0; from+standInLength <= len(s); from++ {
		if s[from] == standInPrefix[0] && isStandInHere(s[from:from+standInLength]) {
			return from
		}
	}
	return -1
}

func isStandInHere[T string | []byte](s T) bool {
	if string(s[:len(standInPrefix)]) != standInPrefix {
		return false
	}
	for _, c := range []byte(s[len(standInPrefix):]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// standIns makes stand-ins under one key.
type standIns struct {
	mac hash.Hash
	sum [sha256.Size]byte
}

func newStandIns(key []byte) *standIns {
	return &standIns{mac: hmac.New(sha256.New, key)}
}

func (s *standIns) of(value []byte) []byte {
	s.mac.Reset()
	s.mac.Write(value)
	return s.mac.Sum(s.sum[:0])
}

// text is the stand-in of a text.
func (s *standIns) text(value []byte) string {
	return standInPrefix + hex.EncodeToString(s.of(value)[:standInDigits/2])
}

// number is the stand-in of a number: its digits are replaced, up to the
// exponent, and all else stays.
func (s *standIns) number(token []byte) string {
	sum := s.of(token)
	digits, marked := countDigits(token), 0
	out := append([]byte(nil), token...)
	for i, c := range out {
		if c == 'e' || c == 'E' {
			break
		}
		if c < '0' || c > '9' {
			continue
		}
		if marked < (digits+1)/2 {
			out[i] = numberMark[marked%len(numberMark)]
		} else {
			out[i] = '0' + sum[marked%len(sum)]%10
		}
		marked++
	}
	return string(out)
}

// bytes are the stand-ins of the values of a list.
func (s *standIns) bytes(values []byte) []byte {
	sum := s.of(values)
	out := make([]byte, len(values))
	for i := range out {
		if i < (len(out)+1)/2 {
			out[i] = listMark[i%len(listMark)]
		} else {
			out[i] = sum[i%len(sum)]
		}
	}
	return out
}

// countDigits returns how many digits a number has before its exponent.
func countDigits(token []byte) int {
	n := 0
	for _, c := range token {
		if c == 'e' || c == 'E' {
			break
		}
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}

func isNumberStandIn(token []byte) bool {
	want, seen := (countDigits(token)+1)/2, 0
	for _, c := range token {
		if seen == want {
			return true
		}
		if c >= '0' && c <= '9' {
			if c != numberMark[seen%len(numberMark)] {
				return false
			}
			seen++
		}
	}
	return seen == want
}

func isListStandIn(values []byte) bool {
	for i := range (len(values) + 1) / 2 {
		if values[i] != listMark[i%len(listMark)] {
			return false
		}
	}
	return true
}

// isMasked reports whether a text was made unreadable by whoever sent it.
func isMasked(text []byte) bool {
	return strings.Trim(string(text), "*•") == ""
}
