package background_test

import (
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/background"
)

func TestCall(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f := call(t, b.e, func(*job) (int, error) { return 42, nil })
		got := record(t, f)
		_, err := f.Result()
		var state *background.StateError
		if !errors.As(err, &state) || !strings.Contains(err.Error(), "cannot read the result of background job 1: it is waiting") {
			t.Errorf("TF-122 early Result = %v", err)
		}
		b.route(f.Done)
		wantStates(t, "TF-124", got, background.Waiting, background.Executing, background.Completed)
		if x, err := f.Result(); x != 42 || err != nil {
			t.Errorf("TF-124 Result = %d, %v", x, err)
		}
		if f.Cancel() || f.State() != background.Completed {
			t.Errorf("TF-130 cancel after success: %v", f.State())
		}
	})
}

func TestFailingCall(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f := call(t, b.e, func(*job) (int, error) { return 1, io.ErrUnexpectedEOF })
		got := record(t, f)
		b.route(f.Done)
		wantStates(t, "TF-112", got, background.Waiting, background.Executing, background.Failed)
		if x, err := f.Result(); x != 0 || err != io.ErrUnexpectedEOF {
			t.Errorf("TF-122 Result = %d, %v", x, err)
		}
		if f.Cancel() || f.State() != background.Failed {
			t.Errorf("TF-130 cancel after failure: %v", f.State())
		}
	})
}

// explode is looked for in the stack.
func explode(value any) { panic(value) }

func TestPanickingCall(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for _, c := range []struct {
			value any
			text  string
		}{
			{"zu heiß: 熱い", "background job 1 panicked (string): zu heiß: 熱い"},
			{io.ErrNoProgress, "background job 2 panicked (*errors.errorString): " + io.ErrNoProgress.Error()},
			{nil, "background job 3 panicked (*runtime.PanicNilError): "},
		} {
			f := call(t, b.e, func(*job) (int, error) {
				explode(c.value)
				return 1, nil
			})
			b.route(f.Done)
			_, err := f.Result()
			var p *background.JobPanic
			if f.State() != background.Failed || !errors.As(err, &p) {
				t.Fatalf("TF-147 %v, %v", f.State(), err)
			}
			if !strings.HasPrefix(err.Error(), c.text) {
				t.Errorf("TF-147 text %q, want %q", err, c.text)
			}
			if !strings.Contains(string(p.Stack), "background_test.explode") {
				t.Errorf("TF-147 the stack does not mention who panicked:\n%s", p.Stack)
			}
			if cause, ok := c.value.(error); ok && !errors.Is(err, cause) {
				t.Errorf("TF-147 %v does not unwrap", err)
			}
		}
	})
}

// A job that ends its goroutine fails its future, and the run with it.
func TestCallThatExits(t *testing.T) {
	s := clock.NewSystem(clock.SystemOptions{})
	done := make(chan error, 1)
	s.Go("test", func() {
		b := onRouter(t, s, background.Options{Workers: 1})
		f := call(t, b.e, func(*job) (int, error) {
			runtime.Goexit()
			return 0, nil
		})
		next := call(t, b.e, func(*job) (int, error) { return 1, nil })
		b.route(func() bool { return f.Done() && next.Done() })
		_, err := f.Result()
		done <- err
	})
	var p *background.JobPanic
	if err := <-done; !errors.As(err, &p) || !errors.Is(err, background.ErrExited) {
		t.Errorf("TF-147 Result = %v", err)
	}
	var exit *clock.TaskExit
	if err := s.Close(); !errors.As(err, &exit) {
		t.Errorf("Close = %v", err)
	}
}

func TestCancelBeforeTheJobBegins(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ran := false
		f := call(t, b.e, func(*job) (int, error) { ran = true; return 1, nil })
		got := record(t, f)
		if !f.Cancel() || f.Cancel() {
			t.Error("TF-123 Cancel must be true once")
		}
		if f.Done() {
			t.Error("TF-126 done before the message")
		}
		b.route(f.Done)
		wantStates(t, "TF-142", got, background.Waiting, background.Cancelling, background.Cancelled)
		wantNoResult(t, "TF-122", f)
		if f.Cancel() {
			t.Error("TF-130 cancel after cancel")
		}
		clock.Sleep(b.rt, ms)
		if ran {
			t.Error("TF-142 the job ran")
		}
	})
}

// A job behind others in the queue is taken out of it by a cancel.
func TestCancelOfAQueuedJob(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		b := onRouter(t, rt, background.Options{Workers: 1})
		gate := clock.NewLatch(rt, "gate")
		first := call(t, b.e, until(gate))
		second := call(t, b.e, until(gate))
		third := call(t, b.e, until(gate))
		b.route(func() bool { return first.State() == background.Executing })
		second.Cancel()
		b.route(second.Done) // with the first still running
		if first.Done() || b.e.Jobs() != 2 {
			t.Errorf("TF-142 first %v, %d jobs", first.State(), b.e.Jobs())
		}
		gate.Set()
		b.route(third.Done)
		if x, err := third.Result(); x != 7 || err != nil {
			t.Errorf("TF-142 the job behind: %d, %v", x, err)
		}
	})
}

// The job has begun, and said so, but nobody has heard it.
func TestCancelBeforeStartedIsHeard(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		begun := clock.NewLatch(b.rt, "begun")
		f := call(t, b.e, func(j *job) (int, error) {
			j.Rejoin(begun.Set)
			return untilCancelled(j)
		})
		got := record(t, f)
		if err := begun.Wait(clock.Forever); err != nil {
			t.Fatal(err)
		}
		if !f.Cancel() {
			t.Error("TF-126 Cancel = false")
		}
		b.route(f.Done)
		wantStates(t, "TF-126", got, background.Waiting, background.Cancelling, background.Cancelled)
		wantNoResult(t, "TF-126", f)
	})
}

func TestCancelWhileExecuting(t *testing.T) {
	boom := errors.New("boom")
	for name, end := range map[string]func() (int, error){
		"TF-113 returned": func() (int, error) { return 1, nil },
		"TF-129 raised":   func() (int, error) { return 0, boom },
		"TF-129 panicked": func() (int, error) { panic(boom) },
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				f := call(t, b.e, func(j *job) (int, error) {
					if err := j.Sleep(24 * 365 * 1000 * 1000 * ms); err != context.Canceled || !j.Cancelled() {
						t.Errorf("Sleep = %v, cancelled %v", err, j.Cancelled())
					}
					return end()
				})
				got := record(t, f)
				b.route(func() bool { return f.State() == background.Executing })
				if !f.Cancel() || f.Cancel() {
					t.Error("TF-130 Cancel must be true once")
				}
				b.route(f.Done)
				wantStates(t, name, got, background.Waiting, background.Executing, background.Cancelling, background.Cancelled)
				wantNoResult(t, name, f)
				if f.Cancel() {
					t.Error("TF-130 cancel after cancel")
				}
			})
		})
	}
}

// The job has ended, well or badly, when it is cancelled; nobody has heard it.
func TestCancelBeforeTheEndIsHeard(t *testing.T) {
	boom := errors.New("boom")
	both(t, func(t *testing.T, b *bench) {
		for _, err := range []error{nil, boom} {
			begin := clock.NewLatch(b.rt, "begin")
			f := call(t, b.e, func(j *job) (int, error) {
				j.Rejoin(func() { _ = begin.Wait(clock.Forever) })
				return 1, err
			})
			got := record(t, f)
			b.route(func() bool { return f.State() == background.Executing })
			begin.Set()
			clock.Sleep(b.rt, ms) // it ends
			if !f.Cancel() {
				t.Error("TF-129 Cancel = false")
			}
			b.route(f.Done)
			wantStates(t, "TF-129", got, background.Waiting, background.Executing, background.Cancelling, background.Cancelled)
			wantNoResult(t, "TF-129", f)
		}
	})
}

// A future that is done holds on to its result, and to nothing of its job.
func TestDoneFutureLetsGo(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		for _, cancel := range []bool{false, true} {
			f, held := holding(t, b, cancel)
			b.route(f.Done)
			clock.Sleep(b.rt, ms) // the worker leaves
			for range 10 {
				if runtime.GC(); held.Value() == nil {
					break
				}
			}
			if held.Value() != nil {
				t.Errorf("TF-116 TF-146 cancelled %v: what the job was given is still held", cancel)
			}
			runtime.KeepAlive(f)
		}
	})
}

func holding(t *testing.T, b *bench, cancel bool) (*background.Future[int], weak.Pointer[[1024]byte]) {
	big := new([1024]byte)
	f := call(t, b.e, func(*job) (int, error) { return int(big[0]), nil })
	if cancel {
		f.Cancel()
	}
	return f, weak.Make(big)
}

func TestZeroFuture(t *testing.T) {
	var f background.Future[int]
	if f.State() != background.Waiting || f.Done() || f.Cancellable() || f.Cancel() {
		t.Errorf("TF-117 a future of no job: %v", f.State())
	}
	var state *background.StateError
	if _, err := f.Wait(clock.Forever); !errors.As(err, &state) {
		t.Errorf("TF-117 Wait = %v", err)
	}
	if _, err := f.Result(); !errors.As(err, &state) {
		t.Errorf("TF-117 Result = %v", err)
	}
}
