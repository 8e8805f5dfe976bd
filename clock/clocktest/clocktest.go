// Package clocktest runs one test body on both kinds of runtime, goroutines and
// coroutines: what package core promises, it promises on both.
package clocktest

import (
	"testing"

	"github.com/hubtape/hubtape/clock"
)

// Runtimes runs body as a task of a System and of a Virtual runtime, each in a
// subtest, and ends the runtime after it.
func Runtimes(t *testing.T, body func(t *testing.T, rt clock.Runtime)) {
	t.Helper()
	for _, c := range []struct {
		name string
		make func() clock.Runtime
	}{
		{"System", func() clock.Runtime { return clock.NewSystem(clock.SystemOptions{}) }},
		{"Virtual", func() clock.Runtime { return clock.NewVirtual(clock.VirtualOptions{}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			rt := c.make()
			if err := rt.Run("test", func() { body(t, rt) }); err != nil {
				t.Error(err)
			}
			if err := rt.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
