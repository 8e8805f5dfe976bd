package eventstore

import (
	"path/filepath"
	"strings"
	"time"
)

// How files and folders are named. ISO 8601 knows a form with colons and one
// without; only the latter is a file name on every system.
const (
	timeLayout   = "20060102T150405.000000000Z"
	dayLayout    = "20060102T150405Z"
	extendedForm = "2006-01-02T15:04:05.999999999Z07:00" // read, never written

	idBegins  = ".uid["
	nameEnds  = "].json"
	tempEnds  = ".new" // of a file that is being written
	hexDigits = "0123456789ABCDEF"
)

// dateEnd is the first instant no file is named by, in ns since 1970.
var dateEnd = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// fileName names the file of an event, below the store's folder.
func fileName(at int64, id string) string {
	return filepath.Join(dayName(at), time.Unix(0, at).UTC().Format(timeLayout)+idBegins+escape(id)+nameEnds)
}

func dayName(at int64) string {
	return time.Unix(0, at).UTC().Truncate(24 * time.Hour).Format(dayLayout)
}

// parseName is fileName read backwards, without the folder.
func parseName(name string) (at int64, id string, ok bool) {
	stamp, rest, found := strings.Cut(name, idBegins)
	escaped, ends := strings.CutSuffix(rest, nameEnds)
	if !found || !ends {
		return 0, "", false
	}
	date, ok := parseTime(stamp, timeLayout)
	if !ok {
		return 0, "", false
	}
	id, ok = unescape(escaped)
	return date.UnixNano(), id, ok
}

func isDayName(name string) bool {
	day, ok := parseTime(name, dayLayout)
	return ok && day.Equal(day.Truncate(24*time.Hour))
}

// parseTime reads a date in the form that is written here, exactly, or in the
// one with colons.
func parseTime(s, layout string) (time.Time, bool) {
	date, err := time.Parse(layout, s)
	if err == nil && date.Format(layout) != s {
		return time.Time{}, false
	}
	if err != nil {
		date, err = time.Parse(extendedForm, s)
	}
	if err != nil || date.Year() < 1970 || !date.Before(time.Unix(0, dateEnd)) {
		return time.Time{}, false
	}
	return date.UTC(), true
}

// escape writes an id so that it is a piece of a file name on every system:
// what is no letter, digit, '-', '_' or '.' becomes % and two hex digits.
func escape(id string) string {
	var b strings.Builder
	for i := range len(id) {
		if c := id[i]; plain(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

// unescape reads what escape writes, and nothing else.
func unescape(s string) (id string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", false
		}
		high, low := strings.IndexByte(hexDigits, s[i+1]), strings.IndexByte(hexDigits, s[i+2])
		if high < 0 || low < 0 {
			return "", false
		}
		b.WriteByte(byte(high<<4 | low))
		i += 2
	}
	id = b.String()
	return id, id != "" && len(id) <= IDBytesMax && escape(id) == s
}
