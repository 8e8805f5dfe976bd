package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

func TestColourOnlyWhereAsked(t *testing.T) {
	for _, status := range []scenarios.Status{scenarios.Passed, scenarios.Failed, scenarios.Error, scenarios.Skipped} {
		with, without := textReport{colour: true}, textReport{}
		require.Equal(t, "\x1b["+colourOf(status)+"mx\x1b[0m", with.paint("x", colourOf(status)))
		require.Equal(t, "x", without.paint("x", colourOf(status)))
	}
}

func TestProgressLine(t *testing.T) {
	var out strings.Builder
	s := newSummary()
	s.add(&outcome{status: scenarios.Passed})
	line := progressLine{out: &out, on: true}
	line.clear()
	line.draw(1, 2000, s, "")
	s.add(&outcome{status: scenarios.Failed})
	line.draw(2, 2000, s, "hall at 3h1s")
	line.clear()
	line.clear()
	require.Equal(t, "\r\x1b[K1 of 2,000 runs\r\x1b[K2 of 2,000 runs, 1 did not pass: hall at 3h1s\r\x1b[K", out.String())

	out.Reset()
	line.on = false
	line.draw(1, 2, s, "hall")
	require.Empty(t, out.String())
}

func TestTimesForPeople(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"-": 0, "12µs": 12_345, "1.2ms": 1_234_567, "1.23s": 1_234_567_890, "2m3s": 123_400_000_000,
	} {
		require.Equal(t, want, wallText(d))
	}
	require.Equal(t, "1.235s", virtualText(1_234_567_890))
	require.Equal(t, "4h", virtualText(4*time.Hour))
	require.Equal(t, "14,400x", speedText(4*time.Hour, time.Second))
	require.Equal(t, "-", speedText(0, time.Second))
}

func TestQuotedForAShell(t *testing.T) {
	for word, want := range map[string]string{
		"a/b-c_1.yaml": "a/b-c_1.yaml", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$x": "'$x'", "ü": "'ü'", "*.yaml": "'*.yaml'",
	} {
		require.Equal(t, want, quoted(word))
	}
}

func TestGitHubEscapes(t *testing.T) {
	var out strings.Builder
	i := &item{file: "a,b:c.yaml", scenario: &scenarios.Scenario{Name: "50%,\r\nx"}}
	r := githubReport{&out}
	require.NoError(t, r.warning(i, "a,b:c.yaml:7:3: 100%\nmore, and: more"))
	require.NoError(t, r.warning(i, "a,b:c.yaml is odd"))
	require.Equal(t, "::warning file=a%2Cb%3Ac.yaml,line=7,title=50%25%2C%0D%0Ax::100%25%0Amore, and: more\n"+
		"::warning file=a%2Cb%3Ac.yaml,line=1,title=50%25%2C%0D%0Ax::a,b:c.yaml is odd\n", out.String())
}

func TestParseSeeds(t *testing.T) {
	r, err := parseSeeds("0-18446744073709551615")
	require.Error(t, err, "more than can be counted: %v", r)
	r, err = parseSeeds("18446744073709551614-18446744073709551615")
	require.NoError(t, err)
	require.Equal(t, 2, r.count())
	r, err = parseSeeds("7")
	require.NoError(t, err)
	require.Equal(t, seedRange{7, 7}, r)
	for _, bad := range []string{"", "-", "1-", "-1", "a-b", "2-1", "1-2-3", "+1"} {
		_, err := parseSeeds(bad)
		require.Error(t, err, bad)
	}
}

func TestShardsAreAPartition(t *testing.T) {
	items := make([]*item, 10)
	for i := range items {
		items[i] = &item{scenario: &scenarios.Scenario{Name: string(rune('a' + i))}}
	}
	for of := 1; of <= 12; of++ {
		seen := map[*item]int{}
		for part := 1; part <= of; part++ {
			picked, err := (&selection{shard: &shard{part, of}}).pick(items)
			require.NoError(t, err)
			for _, i := range picked {
				seen[i]++
			}
		}
		require.Len(t, seen, len(items))
		for _, n := range seen {
			require.Equal(t, 1, n)
		}
	}
}

func TestGuard(t *testing.T) {
	require.NoError(t, guard(0, func() {}))
	var p *PanicError
	require.ErrorAs(t, guard(0, func() { panic("boom") }), &p)
	require.Equal(t, "boom", p.Value)
	require.Contains(t, p.Place, "text_internal_test.go:")
	require.ErrorAs(t, guard(0, func() {
		var nobody *item
		_ = nobody.file
	}), &p)
	require.Contains(t, p.Place, "TestGuard")
	require.ErrorAs(t, guard(0, func() { panic(errors.New("an error")) }), &p)
	require.Contains(t, p.Error(), "panicked while it was made: an error, in ")
}
