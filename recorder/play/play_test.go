package play_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/play"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink is a broker that remembers what it is told.
type sink struct {
	mu       sync.Mutex
	got      []mqtt.Message
	when     []time.Time
	refuse   string // a topic that it does not take
	loseAt   int    // how many messages it takes before it is lost; 0: all
	withhold bool   // acknowledges nothing
	block    time.Duration
}

func (s *sink) Publish(m mqtt.Message, done func(error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.block > 0 && len(s.got) == 3 {
		<-time.After(s.block)
	}
	if s.loseAt > 0 && len(s.got) >= s.loseAt {
		return conn.ErrLost
	}
	if m.Topic == s.refuse {
		return fmt.Errorf("%w: not allowed", conn.ErrPublish)
	}
	s.got, s.when = append(s.got, m), append(s.when, time.Now())
	if !s.withhold {
		go done(nil)
	}
	return nil
}

func (s *sink) said() (out []string) {
	for _, m := range s.got {
		text := fmt.Sprintf("%s %s q%d", m.Topic, m.Payload, m.QoS)
		if m.Retain {
			text += " r"
		}
		out = append(out, text)
	}
	return out
}

type spoken struct {
	at      time.Duration
	kind    recorder.Kind
	topic   string
	payload string
	qos     byte
	retain  bool
}

func tape(t testing.TB, list ...spoken) *recorder.Tape {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.hubtape")
	w, err := recorder.Create(path, recorder.Options{})
	require.NoError(t, err)
	for _, m := range list {
		if m.kind == 0 {
			m.kind = recorder.KindMessage
		}
		r := recorder.Record{At: m.at, Kind: m.kind, Message: mqtt.Message{Topic: m.topic, Payload: []byte(m.payload), QoS: m.qos, Retain: m.retain}}
		require.NoError(t, w.Append(r))
	}
	require.NoError(t, w.Close())
	tp, err := recorder.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tp.Close() })
	return tp
}

const ms = time.Millisecond

func evening(t testing.TB) *recorder.Tape {
	return tape(t,
		spoken{2 * ms, recorder.KindSnapshot, "state", "old", 1, true},
		spoken{at: 5 * ms, topic: "a", payload: "1"},
		spoken{at: 5 * ms, kind: recorder.KindGap},
		spoken{at: 10 * ms, topic: "state", payload: "new", qos: 1, retain: true},
		spoken{at: 20 * ms, topic: "b", payload: "2", qos: 2},
		spoken{at: 20 * ms, kind: recorder.KindWill, topic: "gone", payload: "x", retain: true},
		spoken{at: 30 * ms, kind: recorder.KindNote},
	)
}

// In a bubble time stands still while anything runs, so every instant is exact.
func TestPlaysAsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		began := time.Now()
		r, err := play.Play(t.Context(), evening(t), &s, play.Options{})
		require.NoError(t, err)
		require.Equal(t, []string{"state old q1 r", "a 1 q0", "state new q1 r", "b 2 q2", "gone x q0 r"}, s.said())
		for i, at := range []time.Duration{0, 5 * ms, 10 * ms, 20 * ms, 20 * ms} {
			require.Equal(t, at, s.when[i].Sub(began), "message %d", i)
		}
		require.Equal(t, play.Report{
			Loop: 1, At: 20 * ms, Until: 30 * ms, Messages: 5, Retained: 1, Acked: 5, Elapsed: 30 * ms,
		}, r)
	})
}

// Ten times as fast, twice: nothing adds up.
func TestSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s sink
		began := time.Now()
		_, err := play.Play(t.Context(), evening(t), &s, play.Options{Speed: 10, Loops: 2, From: 10 * ms})
		require.NoError(t, err)
		var when []time.Duration
		for _, w := range s.when {
			when = append(when, w.Sub(began))
		}
		require.Equal(t, []time.Duration{0, 0, ms, ms, 2 * ms, 2 * ms, 3 * ms, 3 * ms}, when)
		require.Equal(t, 4*ms, time.Since(began))
	})
}

func TestSelects(t *testing.T) {
	for name, c := range map[string]struct {
		o    play.Options
		want string
	}{
		"prefix":   {play.Options{Prefix: "x/", Topics: mqtt.Selection{Include: []string{"a"}}}, "x/a 1 q0"},
		"exclude":  {play.Options{Topics: mqtt.Selection{Exclude: []string{"state", "gone"}}}, "a 1 q0; b 2 q2"},
		"until":    {play.Options{Until: 5 * ms}, "state old q1 r; a 1 q0"},
		"from":     {play.Options{From: 20 * ms}, "state new q1 r; b 2 q2; gone x q0 r"},
		"from it":  {play.Options{From: 10 * ms, Until: 10 * ms}, "state old q1 r; state new q1 r"},
		"no state": {play.Options{From: 20 * ms, Topics: mqtt.Selection{Include: []string{"b"}}}, "b 2 q2"},
		"loops":    {play.Options{Loops: 2, Until: 5 * ms}, "state old q1 r; a 1 q0; state old q1 r; a 1 q0"},
	} {
		for _, speed := range []float64{play.Max, 1000} {
			var s sink
			c.o.Speed = speed
			_, err := play.Play(t.Context(), evening(t), &s, c.o)
			require.NoError(t, err, name)
			require.Equal(t, c.want, strings.Join(s.said(), "; "), name)
		}
	}
}

// The schedule hangs on the start: what is late makes nothing later.
func TestScheduleIsAnchored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var list []spoken
		for i := range 200 {
			list = append(list, spoken{at: time.Duration(i) * 20 * ms, topic: "a"})
		}
		s := sink{block: 50 * ms} // the fourth message is held up
		began := time.Now()
		type call struct{ at, by time.Duration }
		var late []call
		r, err := play.Play(t.Context(), tape(t, list...), &s, play.Options{Late: 5 * ms, OnLate: func(at, by time.Duration) { late = append(late, call{at, by}) }})
		require.NoError(t, err)
		require.Equal(t, []call{{80 * ms, 30 * ms}}, late)
		require.EqualValues(t, 2, r.LateOnes)
		require.Equal(t, 30*ms, r.Worst)
		require.Zero(t, r.P50)
		require.Equal(t, 199*20*ms, s.when[199].Sub(began))
	})
}

// slow is a broker that takes its time over some topics.
type slow struct{ sink }

func (s *slow) Publish(m mqtt.Message, done func(error)) error {
	if m.Topic == "slow" {
		<-time.After(50 * ms)
	}
	return s.sink.Publish(m, done)
}

// Lateness is told once for a bad time, and again after messages were on time for
// a second.
func TestLateAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s slow
		at := func(d time.Duration) []spoken { // the second of two is late
			return []spoken{{at: d, topic: "slow"}, {at: d, topic: "late"}, {at: d + 100*ms, topic: "a"}}
		}
		list := slices.Concat(at(0), at(500*ms), at(3*time.Second), []spoken{{at: 6 * time.Second, topic: "a"}}, at(8*time.Second))
		var told []time.Duration
		_, err := play.Play(t.Context(), tape(t, list...), &s, play.Options{Late: 5 * ms, OnLate: func(at, _ time.Duration) { told = append(told, at) }})
		require.NoError(t, err)
		require.Equal(t, []time.Duration{0, 3 * time.Second, 8 * time.Second}, told)
	})
}

// What the broker handed over in the middle of a tape comes in its time, and a
// message that was a repetition when it was recorded is none now.
func TestSnapshotsInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a.hubtape")
		w, err := recorder.Create(path, recorder.Options{})
		require.NoError(t, err)
		for i, k := range []recorder.Kind{recorder.KindSnapshot, recorder.KindMessage, recorder.KindSnapshot} {
			m := mqtt.Message{Topic: "a", QoS: 1, Retain: true, Dup: true}
			require.NoError(t, w.Append(recorder.Record{At: time.Duration(i) * time.Second, Kind: k, Message: m}))
		}
		require.NoError(t, w.Close())
		tp, err := recorder.Open(path)
		require.NoError(t, err)
		defer tp.Close()
		var s sink
		began := time.Now()
		r, err := play.Play(t.Context(), tp, &s, play.Options{})
		require.NoError(t, err)
		require.EqualValues(t, 1, r.Retained)
		for i, at := range []time.Duration{0, time.Second, 2 * time.Second} {
			require.Equal(t, at, s.when[i].Sub(began))
			require.False(t, s.got[i].Dup)
		}
	})
}

func TestStrict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := []spoken{{topic: "a"}, {topic: "a"}, {topic: "a"}, {topic: "a"}, {at: ms, topic: "a"}, {at: 2 * ms, topic: "a"}}
		s := sink{block: 30 * ms}
		_, err := play.Play(t.Context(), tape(t, list...), &s, play.Options{Late: 5 * ms, Strict: true})
		require.ErrorIs(t, err, play.ErrLate)
		require.ErrorContains(t, err, "at 1ms of the tape they are 29ms late")
		require.Len(t, s.got, 4)
	})
	s := sink{refuse: "no"}
	list := []spoken{{topic: "a"}, {topic: "no"}, {topic: "b"}}
	r, err := play.Play(t.Context(), tape(t, list...), &s, play.Options{Speed: play.Max})
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Refused)
	require.Len(t, s.got, 2)
	_, err = play.Play(t.Context(), tape(t, list...), &s, play.Options{Speed: play.Max, Strict: true})
	require.ErrorIs(t, err, play.ErrRefused)
}

// releasing is a broker that passes a message of QoS 2 on when it is released,
// a round trip after it came.
type releasing struct{ sink }

func (s *releasing) Publish(m mqtt.Message, done func(error)) error {
	if m.QoS < 2 {
		return s.sink.Publish(m, done)
	}
	go func() {
		<-time.After(ms)
		_ = s.sink.Publish(m, done)
	}()
	return nil
}

// Nothing overtakes a message of QoS 2.
func TestExactOnesKeepTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s releasing
		list := []spoken{{topic: "1", qos: 1}, {topic: "2", qos: 2}, {topic: "3", qos: 2}, {topic: "4"}, {topic: "5", qos: 2}, {topic: "6", qos: 1}}
		_, err := play.Play(t.Context(), tape(t, list...), &s, play.Options{Speed: play.Max})
		require.NoError(t, err)
		order := ""
		for _, m := range s.got {
			order += m.Topic
		}
		require.Len(t, order, 6)
		require.Contains(t, []string{"123456", "132456"}, order, "two of QoS 2 are kept in order by the connection")
	})
}

func TestConnectionLost(t *testing.T) {
	s := sink{loseAt: 2}
	r, err := play.Play(t.Context(), evening(t), &s, play.Options{Speed: play.Max})
	require.ErrorIs(t, err, conn.ErrLost)
	require.ErrorContains(t, err, "state")
	require.EqualValues(t, 2, r.Messages)
}

func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var s sink
	for _, o := range []play.Options{{}, {Speed: play.Max}, {Loops: play.Forever}} {
		_, err := play.Play(ctx, evening(t), &s, o)
		require.ErrorIs(t, err, context.Canceled)
	}
	ctx, cancel = context.WithCancel(t.Context())
	s = sink{withhold: true}
	go cancel()
	_, err := play.Play(ctx, evening(t), &s, play.Options{Speed: play.Max})
	require.ErrorIs(t, err, context.Canceled, "it waits for what is under way, but not for ever")
	_, err = play.Play(t.Context(), tape(t), &s, play.Options{Loops: play.Forever})
	require.ErrorIs(t, err, play.ErrOptions)
}

func TestOptions(t *testing.T) {
	for name, o := range map[string]play.Options{
		"speed":  {Speed: -3},
		"loops":  {Loops: -2},
		"from":   {From: time.Hour},
		"until":  {From: 10 * ms, Until: 5 * ms},
		"prefix": {Prefix: "#/"},
		"filter": {Topics: mqtt.Selection{Include: []string{"a#"}}},
	} {
		_, err := play.Play(t.Context(), evening(t), &sink{}, o)
		require.ErrorIs(t, err, play.ErrOptions, name)
	}
}

// A percentile is not below what it should be, and at most a sixteenth above.
func TestPercentiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 1, 50).Draw(t, "list")
		part := rapid.Float64Range(0, 0.999).Draw(t, "part")
		got := play.Percentile(list, part)
		below := 0
		for _, n := range list {
			if n <= int64(got) {
				below++
			}
		}
		require.Greater(t, below, int(part*float64(len(list))))
		if got > 0 {
			less := 0
			for _, n := range list {
				if n <= int64(got)-int64(got)/16-1 {
					less++
				}
			}
			require.LessOrEqual(t, less, int(part*float64(len(list))))
		}
	})
}
