package cli

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

// While the oldest run takes its time, only some others are made: their outcomes
// wait in memory, and with histories that is much.
func TestRunnerDoesNotRunFarAhead(t *testing.T) {
	// Which of the first two begins first, and so takes its time, is not known.
	synctest.Test(t, func(t *testing.T) { require.Contains(t, []int{4, 5}, runsBegun(t, true)) })
	synctest.Test(t, func(t *testing.T) { require.Equal(t, 60, runsBegun(t, false)) })
}

// runsBegun is how many of 60 runs two workers begin while one run waits.
func runsBegun(t *testing.T, histories bool) int {
	s, err := scenarios.Parse("x.yaml", []byte("name: x\napp: gate\nsteps: [{advance: 1s}]\n"))
	require.NoError(t, err)
	var begun atomic.Int32
	gate := make(chan struct{})
	app := scenarios.App("gate", func(struct{}) core.App {
		if begun.Add(1) == 1 {
			<-gate
		}
		return core.AppFunc(func(*core.Env) error { return nil })
	})
	var seeds []uint64
	r := &runner{
		apps: []scenarios.Entry{app}, items: []*item{{file: "x.yaml", scenario: s}}, seeds: &seedRange{0, 59}, repeat: 1, workers: 2,
		histories: histories, tick: func(int, int) {},
		each: func(u unit, o *outcome) {
			require.Equal(t, scenarios.Passed, o.status)
			seeds = append(seeds, u.seed)
		},
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run(t.Context())
	}()
	synctest.Wait()
	count := int(begun.Load())
	close(gate)
	<-done
	require.Len(t, seeds, 60)
	for i, seed := range seeds {
		require.EqualValues(t, i, seed, "in order")
	}
	return count
}
