// Package clocktest runs one test body on both kinds of runtime, goroutines and
// coroutines: what package core promises, it promises on both. What ran on the
// virtual one must take the same course each time it is run again.
package clocktest

import (
	"testing"

	"github.com/hubtape/hubtape/clock"
)

// Runtimes runs body as a task of a System and of a Virtual runtime, each in a
// subtest, and ends the runtime after it. With HUBTAPE_DIGEST=1 (see Main) only
// the virtual one is run.
func Runtimes(t *testing.T, body func(t *testing.T, rt clock.Runtime)) {
	t.Helper()
	t.Run("System", func(t *testing.T) {
		NotInDigest(t)
		run[clock.Runtime](t, clock.NewSystem(clock.SystemOptions{}), body)
	})
	t.Run("Virtual", func(t *testing.T) {
		Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) { body(t, v) })
	})
}

// NotInDigest says that a test has no virtual run whose course could be compared:
// a digest leaves it out.
func NotInDigest(t *testing.T) {
	t.Helper()
	if digesting {
		t.Skip("a digest is of virtual runs")
	}
}

// Virtual runs body as a task of a Virtual runtime, where instants are exact,
// and ends the runtime after it. The course of the run is compared with that of
// the first run of this test in this process: -count makes many of them.
func Virtual(t *testing.T, o clock.VirtualOptions, body func(t *testing.T, v *clock.Virtual)) {
	t.Helper()
	var c course
	o.Trace = c.step
	v := clock.NewVirtual(o)
	run(t, v, body)
	if v.Outside() == "" && !t.Failed() {
		known.compare(t, &c)
	}
}

func run[R clock.Runtime](t *testing.T, rt R, body func(t *testing.T, rt R)) {
	t.Helper()
	if err := rt.Run("test", func() { body(t, rt) }); err != nil {
		t.Error(err)
	}
	if err := rt.Close(); err != nil {
		t.Error(err)
	}
}
