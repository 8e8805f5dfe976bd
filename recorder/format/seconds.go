package format

import (
	"errors"
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
	if ns, ok := parseDecimal(s, 9); ok {
		return ns, nil
	}
	return 0, fmt.Errorf("%q is no number of seconds that can be kept", short(s))
}

var errEpoch = errors.New("it is no time from 1970 to 2262")

// parseEpoch reads a number of seconds since 1970, or of thousandths of them,
// as ns.
func parseEpoch(s string, millis bool) (int64, error) {
	digits := 9
	if millis {
		digits = 6
	}
	ns, ok := parseDecimal(s, digits)
	if !ok || ns < 0 {
		return 0, fmt.Errorf("%q: %w", short(s), errEpoch)
	}
	return ns, nil
}

// parseDecimal reads a JSON number times ten to the power given, rounded to the
// nearest whole number.
func parseDecimal(s string, exp int) (n int64, ok bool) {
	num, negative := strings.CutPrefix(s, "-")
	if i := strings.IndexAny(num, "eE"); i >= 0 {
		e, err := strconv.Atoi(num[i+1:])
		if err != nil || e > 1_000 || e < -1_000_000 {
			return 0, false
		}
		exp += e
		num = num[:i]
	}
	whole, frac, _ := strings.Cut(num, ".")
	digits := whole + frac
	if whole == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	digits, exp = strings.TrimLeft(digits, "0"), exp-len(frac)
	up := false
	if exp < 0 {
		cut := max(len(digits)+exp, 0)
		up = len(digits)+exp >= 0 && cut < len(digits) && digits[cut] >= '5'
		digits, exp = digits[:cut], 0
	}
	u := one(up)
	if digits != "" {
		if len(digits)+exp > 19 {
			return 0, false
		}
		v, err := strconv.ParseUint(digits+strings.Repeat("0", exp), 10, 64)
		if u += v; err != nil || u > math.MaxInt64 {
			return 0, false
		}
	}
	if negative {
		return -int64(u), true
	}
	return int64(u), true
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
