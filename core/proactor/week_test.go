package proactor_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/sim"
)

// weekSeeds is how many weeks are simulated: HUBTAPE_WEEKS, else a few.
func weekSeeds(t *testing.T) int {
	text := os.Getenv("HUBTAPE_WEEKS")
	if text == "" {
		return 3
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

const aWeek = 7 * 24 * time.Hour

// week is what came of one.
type week struct {
	generated, arrived, duplicates, cuts, reuploads int
	digest                                          string
}

// TestWeek: a controller reports each minute for a week, while its link and its
// parent's are cut at random, for seconds up to hours, and the parent now and
// then acknowledges nothing. GW-072 to GW-081, GW-087 and GW-091 in one.
func TestWeek(t *testing.T) {
	var all week
	begin := time.Now()
	for seed := range uint64(weekSeeds(t)) {
		one := runWeek(t, seed)
		all.generated += one.generated
		all.arrived += one.arrived
		all.duplicates += one.duplicates
		all.cuts += one.cuts
		all.reuploads += one.reuploads
		if seed == 0 {
			require.Equal(t, one, runWeek(t, seed), "a week can be repeated")
		}
	}
	t.Logf("%d weeks in %v: %d cuts, %d reuploads, %d events generated, %d arrived, %d of them again",
		weekSeeds(t), time.Since(begin).Round(time.Millisecond), all.cuts, all.reuploads, all.generated, all.arrived, all.duplicates)
}

func runWeek(t *testing.T, seed uint64) (result week) {
	t.Helper()
	child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
	w, err := sim.New(sim.Options{Seed: seed})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.AddNamedApp("parent", parent))
	require.NoError(t, w.AddNamedApp("child", child))
	result.cuts = cutAtRandom(t, w, seed)

	var generated []string
	draw := core.Stream(seed, "silences")
	silentUntil := time.Duration(0)
	require.NoError(t, w.Advance(time.Second))
	for at := time.Minute; at < aWeek; at += time.Minute {
		require.NoError(t, w.Advance(at-w.Now()))
		e := &report{N: len(generated)}
		require.NoError(t, child.Generate(e))
		generated = append(generated, e.MessageID)
		switch {
		case silentUntil == 0 && draw.IntN(2000) == 0:
			parent.holding, silentUntil = true, at+time.Duration(draw.Int64N(int64(3*time.Hour)))
		case silentUntil > 0 && at >= silentUntil:
			parent.release()
			silentUntil = 0
		}
	}
	parent.release()
	require.NoError(t, w.Advance(6*time.Hour)) // longer than any cut: what is left comes through

	got := parent.of("report.event")
	result.generated, result.arrived = len(generated), len(got)
	first := firsts(got)
	result.duplicates = len(got) - len(first)
	require.Zero(t, child.Pending(), "seed %d: everything was acknowledged", seed)
	require.Empty(t, missing(generated, first), "seed %d: nothing is lost", seed)
	require.Empty(t, missing(first, generated), "seed %d: nothing is invented", seed)
	result.reuploads = child.counts(t, "parent").ReuploadsStarted
	result.digest, err = w.Finish()
	require.NoError(t, err)
	return result
}

// cutAtRandom cuts each side some twenty times in the week.
func cutAtRandom(t *testing.T, w *sim.World, seed uint64) (n int) {
	t.Helper()
	draw := core.Stream(seed, "cuts")
	for _, client := range []string{"child", "parent"} {
		for range 10 + draw.IntN(20) {
			longest := []time.Duration{2 * time.Second, time.Minute, 4 * time.Hour}[draw.IntN(3)]
			require.NoError(t, w.Cut(sim.Cut{
				Client: client, At: time.Duration(draw.Int64N(int64(aWeek))), For: time.Duration(draw.Int64N(int64(longest))),
			}))
			n++
		}
	}
	return n
}

// firsts are ids in the order they came first.
func firsts(ids []string) (first []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			first = append(first, id)
		}
	}
	return first
}

// missing are the ids of want that are not in got, with where they stand.
func missing(want, got []string) (lines []string) {
	there := map[string]bool{}
	for _, id := range got {
		there[id] = true
	}
	for i, id := range want {
		if !there[id] {
			lines = append(lines, fmt.Sprintf("%d: %s", i, id))
		}
	}
	return lines
}
