package eventstore_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/problems"
)

// counting counts how often a store has to make something durable.
type counting struct {
	eventstore.Store
	applied int
}

func (c *counting) Apply(changes []eventstore.Change) []eventstore.Result {
	c.applied++
	return c.Store.Apply(changes)
}

// A reupload clears an event and reads another in turns: the clears of a batch are
// made durable together, and all is told in the order it was asked for.
func TestQueueClearsTogether(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		const n = 50
		store := &counting{Store: eventstore.NewMemory(0)}
		for i := range n {
			_, err := store.Persist(strconv.Itoa(i), []byte{byte(i)})
			require.NoError(t, err)
		}
		l := loop.New(rt, loop.Options{})
		q := eventstore.NewQueue(l, store)
		var told []string
		read := func(id string, want bool) {
			q.Retrieve(id, func(_ []byte, found bool, err error) {
				require.NoError(t, err)
				require.Equal(t, want, found, id)
				told = append(told, "read "+id)
			})
		}
		var want []string
		for i := range n - 1 {
			id, next := strconv.Itoa(i), strconv.Itoa(i+1)
			q.Clear(id, func(*problems.Problems, error) { told = append(told, "clear "+id) })
			read(next, true)
			want = append(want, "clear "+id, "read "+next)
		}
		read("0", false) // it waits for its clear
		require.NoError(t, q.Close())
		l.Post(func() { l.Stop(0) })
		l.Run()
		require.Equal(t, append(want, "read 0"), told)
		require.Equal(t, 1, store.applied)
	})
}
