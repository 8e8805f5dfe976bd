package format

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseSeconds reads a JSON number of seconds as nanoseconds, without going
// through a float: every nanosecond survives. Finer digits are rounded to the
// nearest one.
func ParseSeconds(s string) (time.Duration, error) {
	ns, err := parseNanos(s)
	return time.Duration(ns), err
}

func parseNanos(s string) (int64, error) {
	bad := fmt.Errorf("%q is no number of seconds that can be kept", s)
	num, negative := strings.CutPrefix(s, "-")
	exp := 9 // to nanoseconds
	if i := strings.IndexAny(num, "eE"); i >= 0 {
		e, err := strconv.Atoi(num[i+1:])
		if err != nil || e > 1_000 || e < -1_000_000 {
			return 0, bad
		}
		exp += e
		num = num[:i]
	}
	whole, frac, _ := strings.Cut(num, ".")
	digits := whole + frac
	if whole == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, bad
	}
	digits, exp = strings.TrimLeft(digits, "0"), exp-len(frac)
	up := false
	if exp < 0 {
		cut := max(len(digits)+exp, 0)
		up = len(digits)+exp >= 0 && cut < len(digits) && digits[cut] >= '5'
		digits, exp = digits[:cut], 0
	}
	if digits == "" {
		return int64(one(up)), nil
	}
	if len(digits)+exp > 19 {
		return 0, bad
	}
	n, err := strconv.ParseUint(digits+strings.Repeat("0", exp), 10, 64)
	if n += one(up); err != nil || n > math.MaxInt64 {
		return 0, bad
	}
	if negative {
		return -int64(n), nil
	}
	return int64(n), nil
}

func one(yes bool) uint64 {
	if yes {
		return 1
	}
	return 0
}

// appendSeconds writes nanoseconds as a JSON number of seconds, exactly.
func appendSeconds(b []byte, d time.Duration) []byte {
	n := uint64(d)
	if d < 0 {
		b = append(b, '-')
		n = -n
	}
	b = strconv.AppendUint(b, n/1e9, 10)
	frac := n % 1e9
	if frac == 0 {
		return b
	}
	b = append(b, '.')
	for unit := uint64(1e8); frac > 0; unit /= 10 {
		b = append(b, byte('0'+frac/unit))
		frac %= unit
	}
	return b
}
