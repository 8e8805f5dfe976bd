package simtest_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"github.com/stretchr/testify/require"
)

func TestCut(t *testing.T) {
	cut := func(client string) *fake {
		return run(t, func(f *fake) {
			w := simtest.New(f, sim.Options{})
			w.AddApp("hall", lamp(func() { f.Log("heard") }))
			w.Cut(sim.Cut{Client: client, At: time.Second, For: time.Second})
			w.Advance(time.Second)
			w.Publish("motion", "")
			w.Advance(time.Minute)
		})
	}
	heard := cut("hall")
	require.False(t, heard.failed)
	require.NotContains(t, heard.log.String(), "heard")
	require.NotContains(t, heard.log.String(), "warning")

	nobody := cut("hal")
	require.False(t, nobody.failed)
	require.Contains(t, nobody.log.String(), "heard")
	require.Contains(t, nobody.log.String(), `warning: the cut of "hal" at 1s cut nothing: nobody of that name ever connected; there was ["hall" "app"]`)

	require.Contains(t, cut("").log.String(), "say whose")
	require.True(t, cut("").failed)
}
