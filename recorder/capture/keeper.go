package capture

import (
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
)

// How far the wall clock may stray from the monotonic one before the records'
// wall times follow it, and before that is a jump.
const (
	wallDrift = time.Millisecond
	wallJump  = time.Second
)

// keeper turns items into records: it places them in time, and tells gaps and
// jumps of the clock.
type keeper struct {
	w     *recorder.Writer
	start time.Time
	date  time.Time     // what the hub's clock shows at start
	scale time.Duration // how many times as fast as real time it runs
	last  time.Duration // the latest offset written

	shift time.Duration // wall clock against start and monotonic time

	down   bool // the connection is lost
	back   bool // and stands again, but nothing was heard yet
	since  time.Duration
	reason string
}

// offset is the time of an item on the tape.
func (k *keeper) offset(at time.Time) time.Duration { return max(at.Sub(k.start)*k.scale, k.last, 0) }

// simulated reports whether the hub's clock is not that of this machine.
func (k *keeper) simulated() bool { return k.scale != 1 || !k.date.Equal(k.start) }

// wall returns the wall time for an offset, after telling a jump of the clock.
func (k *keeper) wall(now time.Time, at time.Duration) (int64, error) {
	if k.simulated() {
		return k.clock(at), nil
	}
	// Without their monotonic readings the difference is that of wall clocks.
	shift := now.Round(0).Sub(k.start.Round(0)) - now.Sub(k.start)
	if strayed := shift - k.shift; strayed > wallDrift || strayed < -wallDrift {
		k.shift = shift
		if strayed > wallJump || strayed < -wallJump {
			return k.clock(at), k.append(recorder.Record{Kind: recorder.KindClockJump, At: at, Wall: k.clock(at), Until: strayed})
		}
	}
	return k.clock(at), nil
}

func (k *keeper) clock(at time.Duration) int64 { return k.date.UnixNano() + int64(at+k.shift) }

func (k *keeper) append(r recorder.Record) error {
	k.last = r.At
	return k.w.Append(r)
}

func (k *keeper) message(it *item) error {
	if k.back {
		if err := k.heard(it.at); err != nil {
			return err
		}
	}
	at := k.offset(it.at)
	wall, err := k.wall(it.at, at)
	if err != nil {
		return err
	}
	if k.down { // still from the old connection
		k.since = at
	}
	kind := recorder.KindMessage
	if it.retain { // set on delivery only for what was retained [MQTT-3.3.1-8]
		kind = recorder.KindSnapshot
	}
	return k.append(recorder.Record{At: at, Wall: wall, Kind: kind, Message: mqtt.Message{
		Topic: it.topic, Payload: it.data, QoS: it.qos, Retain: it.retain, Dup: it.dup,
	}})
}

func (k *keeper) lost(it *item) {
	if k.down {
		k.back = false
		return
	}
	k.down, k.back, k.since, k.reason = true, false, k.offset(it.at), "connection lost"
	if it.err != nil {
		k.reason += ": " + it.err.Error()
	}
}

// connected reports whether this connection follows a lost one.
func (k *keeper) connected() bool {
	k.back = k.down
	return k.down
}

// heard ends a gap.
func (k *keeper) heard(now time.Time) error {
	if !k.down {
		return nil
	}
	k.down, k.back = false, false
	r := recorder.Record{Kind: recorder.KindGap, At: max(k.since, k.last), Until: k.offset(now), Text: k.reason}
	r.Wall = k.clock(r.At)
	if err := k.append(r); err != nil {
		return err
	}
	k.last = r.Until // what comes now is after the gap
	return nil
}

// end tells a gap that lasts to the end of the recording.
func (k *keeper) end(now time.Time) error { return k.heard(now) }
