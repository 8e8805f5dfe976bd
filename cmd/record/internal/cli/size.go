package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/command"
)

// size is a flag like 500M: bytes, or with a unit k, M, G, T of thousands, or
// Ki, Mi, Gi, Ti of 1,024s.
type size int64

func (s *size) String() string {
	if *s == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*s), 10)
}

func (s *size) Type() string { return "size" }

var units = []struct {
	name   string
	factor float64
}{
	{"", 1},
	{"k", 1e3},
	{"m", 1e6},
	{"g", 1e9},
	{"t", 1e12},
	{"ki", 1 << 10},
	{"mi", 1 << 20},
	{"gi", 1 << 30},
	{"ti", 1 << 40},
}

func (s *size) Set(text string) error {
	number := strings.TrimRightFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	unit := strings.ToLower(strings.TrimSpace(text[len(number):]))
	if unit = strings.TrimSuffix(unit, "b"); unit == "" && strings.HasSuffix(strings.ToLower(text), "ib") {
		unit = "?"
	}
	n, err := strconv.ParseFloat(number, 64)
	for _, u := range units {
		if v := n * u.factor; err == nil && u.name == unit && v >= 0 && v < math.MaxInt64 {
			*s = size(v)
			return nil
		}
	}
	return usagef("%q is no size; write it like 500M, 1.5G or 64Mi", text)
}

func thousands(n uint64) string { return command.Thousands(n) }

func bytesText(n int64) string {
	f, unit := float64(n), 0
	for f >= 1000 && unit < 4 {
		f /= 1000
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %cB", f, " kMGT"[unit])
}
