package drivers_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/drivers"
)

func newQueue(t require.TestingT, rt clock.Runtime, room int) *drivers.Queue[int] {
	q, err := drivers.NewQueue[int](rt, "pump", room)
	require.NoError(t, err)
	return q
}

func TestQueueWaits(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		q := newQueue(t, v, 1)
		_, err := q.Get(0)
		require.ErrorIs(t, err, drivers.ErrEmpty, "GW-129 not at all")
		require.Zero(t, v.Now())
		_, err = q.Get(time.Second)
		require.ErrorIs(t, err, drivers.ErrEmpty, "GW-129 a second")
		require.Equal(t, time.Second, v.Now())

		require.NoError(t, q.Put(1, 0))
		require.ErrorIs(t, q.Put(2, 0), drivers.ErrFull, "GW-129 not at all")
		require.Equal(t, time.Second, v.Now())
		require.ErrorIs(t, q.Put(2, time.Second), drivers.ErrFull, "GW-129 a second")
		require.Equal(t, 2*time.Second, v.Now())

		l := loop.New(v, loop.Options{})
		v.Go("taker", func() { l.Run() })
		l.After(time.Second, func() {
			m, err := q.Get(clock.Forever)
			require.NoError(t, err)
			require.Equal(t, 1, m)
		})
		require.NoError(t, q.Put(2, time.Second), "GW-129 room at the deadline counts")
		require.Equal(t, 3*time.Second, v.Now())
		require.Equal(t, 1, q.Len())
	})
}

// Without a wait nobody else gets a turn meanwhile, so a callback may ask too.
func TestQueueDoesNotSwitch(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q, switched := newQueue(t, rt, 1), false
		rt.Go("other", func() { switched = true })
		_, err := q.Get(0)
		require.ErrorIs(t, err, drivers.ErrEmpty)
		require.NoError(t, q.Put(1, 0))
		require.ErrorIs(t, q.Put(2, 0), drivers.ErrFull)
		require.False(t, switched)
	})
}

// One of many who waited finds that another was quicker, and waits on.
func TestQueueWithManyWaiters(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		q, done := newQueue(t, rt, 2), clock.NewLatch(rt, "done")
		const n = 20
		put, sum := 0, 0
		taker := func() {
			m, err := q.Get(clock.Forever)
			require.NoError(t, err)
			sum += m
		}
		for range n / 2 {
			rt.Go("taker", taker)
		}
		for i := range n {
			rt.Go("putter", func() {
				require.NoError(t, q.Put(i, clock.Forever))
				if put++; put == n {
					done.Set()
				}
			})
		}
		for range n / 2 {
			rt.Go("taker", taker)
		}
		require.NoError(t, done.Wait(clock.Forever))
		for q.Len() > 0 {
			rt.Yield()
		}
		require.Equal(t, n*(n-1)/2, sum)
	})
}

func TestQueueClose(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		full, empty, ended := newQueue(t, rt, 1), newQueue(t, rt, 1), clock.NewLatch(rt, "ended")
		require.NoError(t, full.Put(1, 0))
		rt.Go("putter", func() { require.ErrorIs(t, full.Put(2, clock.Forever), drivers.ErrNotRunning) })
		rt.Go("taker", func() {
			_, err := empty.Get(clock.Forever)
			require.ErrorIs(t, err, drivers.ErrNotRunning)
			ended.Set()
		})
		clock.Sleep(rt, ms)
		full.Close()
		empty.Close()
		full.Close()
		require.NoError(t, ended.Wait(clock.Forever))
		_, err := full.Get(0)
		require.ErrorIs(t, err, drivers.ErrNotRunning, "what waits is dropped")
		require.ErrorIs(t, full.Put(1, 0), drivers.ErrNotRunning)
		require.Zero(t, full.Len())
	})
}

func TestQueueWithoutRoom(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		_, err := drivers.NewQueue[int](rt, "pump", 0)
		require.EqualError(t, err, `queue "pump" for 0 messages: there must be room for one`)
	})
}

func TestQueueAgainstModel(t *testing.T) {
	clocktest.NotInDigest(t)
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer func() { require.NoError(t, v.Close()) }()
	rapid.Check(t, func(t *rapid.T) {
		room := rapid.IntRange(1, 5).Draw(t, "room")
		q, next := newQueue(t, v, room), 0
		var model []int
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				next++
				err := q.Put(next, 0)
				if len(model) == room {
					require.ErrorIs(t, err, drivers.ErrFull)
					return
				}
				require.NoError(t, err)
				model = append(model, next)
			},
			"get": func(t *rapid.T) {
				m, err := q.Get(0)
				if len(model) == 0 {
					require.ErrorIs(t, err, drivers.ErrEmpty)
					return
				}
				require.NoError(t, err)
				require.Equal(t, model[0], m, "first in, first out")
				model = model[1:]
			},
			"": func(t *rapid.T) { require.Equal(t, len(model), q.Len()) },
		})
	})
}
