package cli

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

func TestUnderWay(t *testing.T) {
	var w underWay
	require.Empty(t, w.longest(0))
	hall := &item{scenario: &scenarios.Scenario{Name: "hall"}}
	first := w.begin(unit{item: hall})
	second := w.begin(unit{item: hall, seed: 7})
	require.Equal(t, "hall", w.longest(0))
	first.reached(90*time.Minute + 1500*time.Millisecond)
	require.Equal(t, "hall at 1h30m1s", w.longest(0))
	require.Empty(t, w.longest(time.Hour), "it has not been under way that long")
	w.end(first)
	require.Equal(t, "hall (seed 7)", w.longest(0))
	w.end(second)
	w.end(second)
	require.Empty(t, w.longest(0))
}
