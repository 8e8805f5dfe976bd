package clock

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0":        0,
		"0s":       0,
		"180ms":    180 * time.Millisecond,
		"1h30m":    90 * time.Minute,
		"2d":       48 * time.Hour,
		"1.5d":     36 * time.Hour,
		"1d12h":    36 * time.Hour,
		"-1d12h":   -36 * time.Hour,
		"-1h":      -time.Hour,
		"+1d":      24 * time.Hour,
		"0d1ns":    1,
		"106751d":  106751 * 24 * time.Hour,
		"-106751d": -106751 * 24 * time.Hour,
	} {
		got, err := ParseDuration(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, bad := range []string{"", "d", "5", "1h1d", "1d-1h", "1d+1h", "1dd", "1d1d", "106752d", "106751d24h", "-106751d24h", "x", "1 h", "1D", "1e3s", "-d", "1w"} {
		_, err := ParseDuration(bad)
		require.ErrorContains(t, err, "is not a duration", bad)
	}
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                            "0s",
		48 * time.Hour:               "2d",
		36 * time.Hour:               "36h",
		90 * time.Minute:             "1h30m",
		10 * time.Minute:             "10m",
		time.Hour + time.Second:      "1h0m1s",
		180 * time.Millisecond:       "180ms",
		-5 * time.Minute:             "-5m",
		-24 * time.Hour:              "-1d",
		100 * time.Minute:            "1h40m",
		20 * time.Second:             "20s",
		time.Duration(math.MinInt64): "-2562047h47m16.854775808s",
	} {
		require.Equal(t, want, FormatDuration(d))
	}
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64().Draw(t, "d"))
		if rapid.Bool().Draw(t, "round") {
			d = d.Truncate(time.Minute)
		}
		got, err := ParseDuration(FormatDuration(d))
		require.NoError(t, err)
		require.Equal(t, d, got)
	})
}
