package report

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A run that is longer than the limit keeps its beginning and its end, in order.
func TestHistoryIsBounded(t *testing.T) {
	for _, n := range []int{0, 1, 3, 9, 10, 11, 14, 15, 16, 100, 103} {
		h := History{Limit: 10}
		for i := range n {
			h.Add(Event{At: time.Duration(i)})
		}
		events, head, omitted := h.Events()
		require.Equal(t, n, h.Count())
		require.Equal(t, max(0, n-10), omitted)
		require.Len(t, events, min(n, 10))
		require.Equal(t, time.Duration(max(0, n-1)), h.end())
		require.Equal(t, min(n, 5), head)
		for i, e := range events {
			want := i
			if i >= head {
				want += omitted
			}
			require.Equal(t, time.Duration(want), e.At)
		}
	}
}
