package simtest_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// fake is a testing.TB that keeps what it is told, and ends only itself.
type fake struct {
	testing.TB
	name             string
	log              strings.Builder
	failed, skipped  bool
	finished, exited bool // FailNow or SkipNow was called; the goroutine ended without
	cleanups         []func()
}

// run runs a test function on a fake, as go test does: on a goroutine of its own,
// which it may end, and with its cleanups after it.
func run(t *testing.T, test func(f *fake)) *fake {
	t.Helper()
	f := &fake{TB: t, name: t.Name()}
	guarded(f, func() { test(f) })
	for len(f.cleanups) > 0 {
		last := len(f.cleanups) - 1
		cleanup := f.cleanups[last]
		f.cleanups = slices.Delete(f.cleanups, last, last+1)
		guarded(f, cleanup)
	}
	return f
}

func guarded(f *fake, fn func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		returned := false
		defer func() { f.exited = f.exited || !returned && !f.finished }()
		fn()
		returned = true
	}()
	<-done
}

func (f *fake) Name() string                    { return f.name }
func (f *fake) Helper()                         {}
func (f *fake) Failed() bool                    { return f.failed }
func (f *fake) Skipped() bool                   { return f.skipped }
func (f *fake) Cleanup(fn func())               { f.cleanups = append(f.cleanups, fn) }
func (f *fake) Log(args ...any)                 { fmt.Fprintln(&f.log, args...) }
func (f *fake) Logf(format string, args ...any) { fmt.Fprintf(&f.log, format+"\n", args...) }
func (f *fake) Error(args ...any)               { f.Log(args...); f.failed = true }
func (f *fake) Errorf(s string, args ...any)    { f.Logf(s, args...); f.failed = true }
func (f *fake) Fatal(args ...any)               { f.Log(args...); f.FailNow() }
func (f *fake) Fatalf(s string, args ...any)    { f.Logf(s, args...); f.FailNow() }

func (f *fake) FailNow() {
	f.failed, f.finished = true, true
	runtime.Goexit()
}

func (f *fake) SkipNow() {
	f.skipped, f.finished = true, true
	runtime.Goexit()
}

func textHandler(w *strings.Builder) slog.Handler { return slog.NewTextHandler(w, nil) }
