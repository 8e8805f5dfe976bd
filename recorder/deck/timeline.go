package deck

import (
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// How far the wall clock may stray from the monotonic one before the records'
// wall times follow it, and before that is a jump.
const (
	wallDrift = time.Millisecond
	wallJump  = time.Second
)

// timeline places instants on a tape.
type timeline struct {
	began time.Time     // with its monotonic reading
	base  time.Duration // the offset of began
	date  time.Time     // what the hub's clock showed at began
	scale time.Duration // how many times as fast as real time it runs
	last  time.Duration // the latest offset written
	shift time.Duration // wall clock against began and monotonic time
}

// offset is where an instant stands on the tape, not before what stands there.
func (l *timeline) offset(at time.Time) time.Duration { return max(l.since(at), l.last) }

// since is where an instant is on the tape, whatever stands behind it already.
func (l *timeline) since(at time.Time) time.Duration {
	return max(l.base+at.Sub(l.began)*l.scale, 0)
}

// simulated reports whether the hub's clock is not that of this machine.
func (l *timeline) simulated() bool { return l.scale != 1 || !l.date.Equal(l.began) }

// wall is the wall time at an offset.
func (l *timeline) wall(at time.Duration) int64 { return l.date.UnixNano() + int64(at-l.base+l.shift) }

// jump follows this machine's clock, and returns the record that tells of a jump.
func (l *timeline) jump(now time.Time, at time.Duration) (r recorder.Record, jumped bool) {
	if l.simulated() {
		return r, false
	}
	// Without their monotonic readings the difference is that of wall clocks.
	shift := now.Round(0).Sub(l.began.Round(0)) - now.Sub(l.began)
	strayed := shift - l.shift
	if strayed <= wallDrift && strayed >= -wallDrift {
		return r, false
	}
	l.shift = shift
	if strayed <= wallJump && strayed >= -wallJump {
		return r, false
	}
	return recorder.Record{Kind: recorder.KindClockJump, At: at, Wall: l.wall(at), Until: strayed}, true
}
