package event_test

import (
	"slices"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/event"
	"github.com/hubtape/hubtape/core/loop"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

// loops runs body on both kinds of runtime, with a loop and an event on it.
func loops(t *testing.T, body func(t *testing.T, rt clock.Runtime, l *loop.Loop, e *event.Event[int])) {
	t.Helper()
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		l := loop.New(rt, loop.Options{Name: "hall"})
		body(t, rt, l, event.New[int](l, event.Options{Name: "opened"}))
	})
}

// turn runs the loop until what is queued now has been called.
func turn(l *loop.Loop) {
	l.Post(func() { l.Stop(0) })
	l.Run()
}

// must returns a token that was made without an error.
func must(t testing.TB) func(*event.Token, error) *event.Token {
	return func(token *event.Token, err error) *event.Token {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
}

// journal keeps what handlers were called with.
type journal[T comparable] struct{ got []T }

func (j *journal[T]) note(x T) { j.got = append(j.got, x) }

func (j *journal[T]) want(t *testing.T, what string, want ...T) {
	t.Helper()
	if !slices.Equal(j.got, want) {
		t.Errorf("%s: got %v, want %v", what, j.got, want)
	}
	j.got = nil
}
