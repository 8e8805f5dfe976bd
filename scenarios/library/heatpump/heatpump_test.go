package heatpump_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/scenarios/library/heatpump"
	"github.com/hubtape/hubtape/sim"
)

func TestAfternoon(t *testing.T) {
	w, err := sim.New(sim.Options{})
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, w.AddNamedApp("controller", heatpump.New(heatpump.Params{})))
	require.NoError(t, w.AddNamedApp("parent", heatpump.NewParent(heatpump.ParentParams{})))
	require.NoError(t, w.Advance(3*time.Hour))
	for _, s := range w.Recent(4) {
		t.Log(s)
	}
}
