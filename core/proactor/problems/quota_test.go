package problems_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/problems"
)

func TestQuota(t *testing.T) {
	var q problems.Quota
	for _, minute := range []time.Duration{0, time.Minute} { // anew each minute
		for i := range 10 {
			details, ok := q.Take(minute+time.Duration(i)*time.Second, "cold")
			require.True(t, ok)
			if i < 9 {
				require.Equal(t, "cold", details)
			} else {
				require.Equal(t, "cold\nfurther ones are not told of for 51s", details)
			}
		}
		_, ok := q.Take(minute+time.Minute-1, "cold")
		require.False(t, ok)
	}
}
