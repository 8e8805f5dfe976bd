package rest

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNext(t *testing.T) {
	const s = time.Second
	for _, c := range []struct{ due, now, every, want time.Duration }{
		{0, 0, 10 * s, 10 * s},
		{0, 9 * s, 10 * s, 10 * s},
		{0, 10 * s, 10 * s, 20 * s},
		{5 * s, 36 * s, 10 * s, 45 * s},
		{5 * s, 5 * s, math.MaxInt64, math.MaxInt64},
		{math.MaxInt64 - s, math.MaxInt64, s, math.MaxInt64},
	} {
		require.Equal(t, c.want, newRow(c.every, c.every).next(c.due, c.now), "%v", c)
	}
}
