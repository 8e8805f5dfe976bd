package expect

import (
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim/match"
	"github.com/stretchr/testify/require"
)

// Of a long run no more is kept than stands for items.
func TestUnorderedForgetsWhatStandsForNothing(t *testing.T) {
	j := NewUnordered([]Item{{Pattern: &match.Pattern{Topic: "a"}}, {Pattern: &match.Pattern{Topic: "+"}}, {Pattern: &match.Pattern{Topic: "b"}}})
	for range 1000 {
		var s match.Subject
		s.Set(mqtt.Message{Topic: "a"}, "x", match.App, 0)
		j.Hear(&s)
	}
	require.Len(t, j.fits, 2)
	require.Len(t, j.Verdict(0), 1)
}
