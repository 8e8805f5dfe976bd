package deck

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/stretchr/testify/require"
)

// A wall clock that was set tells so; one that drifts is followed.
func TestClockJumps(t *testing.T) {
	now := time.Now()
	l := timeline{began: now, date: now, scale: 1, shift: -5 * time.Second} // as it was before the clock was set
	r, jumped := l.jump(now, time.Minute)
	require.True(t, jumped)
	require.Equal(t, recorder.Record{Kind: recorder.KindClockJump, At: time.Minute, Wall: now.UnixNano() + int64(time.Minute), Until: 5 * time.Second}, r)
	require.Zero(t, l.shift)

	l.shift = 10 * time.Millisecond
	_, jumped = l.jump(now, 0)
	require.False(t, jumped)
	require.Zero(t, l.shift, "the drift is followed")

	l.shift = time.Microsecond
	_, jumped = l.jump(now, 0)
	require.False(t, jumped)
	require.Equal(t, time.Microsecond, l.shift, "what two readings of a clock differ by is no drift")

	l = timeline{began: now, date: now.Add(time.Hour), scale: 1, shift: -5 * time.Second}
	_, jumped = l.jump(now, 0)
	require.False(t, jumped, "a simulated hub's clock is its own")
}
