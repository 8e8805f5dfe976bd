package eventstore_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// spy counts batches, and can be held up inside one.
type spy struct {
	eventstore.Store
	batches []int
	during  func()
}

func (s *spy) Apply(changes []eventstore.Change) []eventstore.Result {
	s.batches = append(s.batches, len(changes))
	if s.during != nil {
		s.during()
	}
	return s.Store.Apply(changes)
}

// onQueue runs body as the first callback of a loop with a queue on it, until
// the body, or something it began, calls the end it is given.
func onQueue(t *testing.T, body func(t *testing.T, rt clock.Runtime, q *eventstore.Queue, s *spy, end func())) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		files, _, err := eventstore.OpenFiles(eventstore.Options{Path: filepath.Join(t.TempDir(), "events"), Clock: rt})
		require.NoError(t, err)
		l, s := loop.New(rt, loop.Options{}), &spy{Store: files}
		q := eventstore.NewQueue(l, s)
		l.Post(func() { body(t, rt, q, s, func() { l.Stop(0) }) })
		l.Run()
		require.NoError(t, q.Close())
	})
}

func TestQueueTellsInOrder(t *testing.T) {
	onQueue(t, func(t *testing.T, rt clock.Runtime, q *eventstore.Queue, s *spy, end func()) {
		var told []string
		tell := func(what string) func(*problems.Problems, error) {
			return func(p *problems.Problems, err error) {
				told = append(told, fmt.Sprint(what, " ", p.Has(eventstore.ErrUnknown), " ", err != nil))
			}
		}
		content := []byte("1")
		q.Persist("a", content, tell("persist a"))
		content[0] = 'X' // it was copied
		q.Persist("", nil, tell("persist nothing"))
		q.Persist("b", []byte("22"), nil)
		q.Retrieve("a", func(content []byte, found bool, err error) {
			told = append(told, fmt.Sprint("retrieve a ", string(content), " ", found, " ", err))
		})
		q.Clear("x", tell("clear x"))
		q.Clear("b", tell("clear b"))
		q.Pending(func(ids []string) { told = append(told, fmt.Sprint("pending ", ids)) })
		q.Reindex(func(found *problems.Problems, err error) {
			require.Equal(t, []string{
				"persist a false false", "persist nothing false true", "retrieve a 1 true <nil>",
				"clear x true false", "clear b false false", "pending [a]",
			}, told)
			require.NoError(t, err)
			require.True(t, found.Empty())
			require.Equal(t, 1, q.NumPending())
			require.Equal(t, int64(1), q.Bytes())
			require.Equal(t, []int{3, 2}, s.batches)
			end()
		})
		require.Empty(t, told, "nothing is told before the loop gets its turn")
	})
}

// What becomes of a request is told on the loop.
func TestQueueTellsOnTheLoop(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{})
		q := eventstore.NewQueue(l, eventstore.Nothing{})
		told := 0
		l.Post(func() {
			q.Persist("a", []byte("1"), func(*problems.Problems, error) {
				require.True(t, l.Mine())
				told++
			})
			q.Retrieve("a", func([]byte, bool, error) {
				require.True(t, l.Mine())
				told++
				l.Stop(0)
			})
		})
		l.Run()
		require.Equal(t, 2, told)
	})
}

// What is asked for while the disk is busy goes to it at once, and no batch is
// larger than 1024.
func TestQueueBatches(t *testing.T) {
	onQueue(t, func(t *testing.T, rt clock.Runtime, q *eventstore.Queue, s *spy, end func()) {
		done := 0
		for i := range 2500 {
			q.Persist("id", []byte(fmt.Sprint(i)), func(_ *problems.Problems, err error) {
				require.NoError(t, err)
				if done++; done == 2500 {
					require.Equal(t, []int{1024, 1024, 452}, s.batches)
					q.Retrieve("id", func(content []byte, _ bool, _ error) {
						require.Equal(t, "2499", string(content))
						end()
					})
				}
			})
		}
	})
}

// The loop goes on while the disk is busy.
func TestQueueDoesNotHoldTheLoop(t *testing.T) {
	clocktest.NotInDigest(t)
	rt := clock.NewSystem(clock.SystemOptions{})
	require.NoError(t, rt.Run("test", func() {
		l := loop.New(rt, loop.Options{})
		s := &spy{Store: eventstore.Nothing{}}
		gone := make(chan struct{})
		s.during = func() { <-gone } // the disk waits for the loop
		q := eventstore.NewQueue(l, s)
		l.Post(func() {
			q.Persist("a", []byte("1"), func(*problems.Problems, error) { l.Stop(0) })
			l.After(time.Millisecond, func() { close(gone) })
		})
		l.Run()
		require.NoError(t, q.Close())
	}))
	require.NoError(t, rt.Close())
}

func TestQueueClose(t *testing.T) {
	onQueue(t, func(t *testing.T, rt clock.Runtime, q *eventstore.Queue, s *spy, end func()) {
		rt.Go("close", func() {
			q.Persist("a", []byte("1"), nil)
			require.NoError(t, q.Close())
			require.Equal(t, 1, q.NumPending(), "what was asked for before is done")
			q.Persist("b", []byte("2"), func(_ *problems.Problems, err error) {
				require.ErrorIs(t, err, eventstore.ErrClosed)
				end()
			})
		})
	})
}

// In a simulation the disk takes no virtual time.
func TestQueueTakesNoVirtualTime(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		l := loop.New(v, loop.Options{})
		q := eventstore.NewQueue(l, eventstore.Nothing{})
		l.Post(func() {
			q.Persist("a", []byte("1"), func(*problems.Problems, error) {
				require.Zero(t, v.Now())
				l.Stop(0)
			})
		})
		l.Run()
		require.NoError(t, q.Flush())
	})
}
