package background_test

import (
	"errors"
	"iter"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/background"
)

func iterate[T any](t *testing.T, b *bench, fn func(*job, func(T) bool) error) (*background.Iteration[T], *[]T) {
	t.Helper()
	f, err := background.Iterate(b.e, fn)
	if err != nil {
		t.Fatal(err)
	}
	var items []T
	f.OnItem(func(x T) { items = append(items, x) })
	return f, &items
}

func wantItems[T comparable](t *testing.T, what string, got *[]T, want ...T) {
	t.Helper()
	if !slices.Equal(*got, want) {
		t.Errorf("%s: items %v, want %v", what, *got, want)
	}
}

// squares yields n squares and then fails, if err is one.
func squares(n int, err error) func(*job, func(int) bool) error {
	return func(_ *job, yield func(int) bool) error {
		for i := range n {
			if !yield(i * i) {
				return nil
			}
		}
		return err
	}
}

func TestIterate(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f, items := iterate(t, b, squares(4, nil))
		got := record(t, f)
		perItem := 0
		f.OnItem(func(int) {
			if perItem++; perItem != len(*items) {
				t.Error("TF-131 items are not delivered one by one")
			}
		})
		b.route(f.Done)
		wantItems(t, "TF-131", items, 0, 1, 4, 9)
		wantStates(t, "TF-131", got, background.Waiting, background.Executing, background.Completed)
		if x, err := f.Result(); x != (background.None{}) || err != nil {
			t.Errorf("TF-131 Result = %v, %v", x, err)
		}
		if f.Cancel() {
			t.Error("TF-135 cancel after completion")
		}
	})
}

func TestIterateASequence(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f, items := iterate(t, b, background.Each(slices.Values([]string{"a", "b"})))
		b.route(f.Done)
		wantItems(t, "TF-132", items, "a", "b")
		bad, none := iterate(t, b, background.Each[int](nil))
		b.route(bad.Done)
		var p *background.JobPanic
		if _, err := bad.Result(); !errors.As(err, &p) || len(*none) != 0 {
			t.Errorf("TF-132 no sequence at all: %v, items %v", err, *none)
		}
	})
}

func TestFailingIteration(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		boom := errors.New("boom")
		f, items := iterate(t, b, squares(3, boom))
		got := record(t, f)
		b.route(f.Done)
		wantItems(t, "TF-133", items, 0, 1, 4)
		wantStates(t, "TF-133", got, background.Waiting, background.Executing, background.Failed)
		if _, err := f.Result(); err != boom {
			t.Errorf("TF-133 Result = %v", err)
		}
	})
}

// The cancel comes after the second item; all has been sent by then.
func TestCancelAnIterationHalfWay(t *testing.T) {
	for name, err := range map[string]error{"before exhaustion": nil, "before failure": errors.New("boom")} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				f, items := iterate(t, b, squares(100, err))
				got := record(t, f)
				f.OnItem(func(int) {
					if len(*items) == 2 && (!f.Cancel() || f.Cancel()) {
						t.Error("TF-135 Cancel must be true once")
					}
				})
				b.route(f.Done)
				wantItems(t, "TF-134", items, 0, 1)
				wantStates(t, "TF-134", got, background.Waiting, background.Executing, background.Cancelling, background.Cancelled)
				wantNoResult(t, "TF-134", f)
			})
		})
	}
}

func TestCancelAnIterationBeforeItBegins(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f, items := iterate(t, b, squares(3, nil))
		got := record(t, f)
		f.Cancel()
		b.route(f.Done)
		wantItems(t, "TF-134 before start", items)
		wantStates(t, "TF-134 before start", got, background.Waiting, background.Cancelling, background.Cancelled)

		bad, items := iterate(t, b, background.Each[int](nil))
		b.settleStarted(bad)
		bad.Cancel()
		b.route(bad.Done)
		wantItems(t, "TF-134 bad job", items)
		wantNoResult(t, "TF-134 bad job", bad)
	})
}

// settleStarted lets a job begin and end, with nothing heard of it.
func (b *bench) settleStarted(future) { clock.Sleep(b.rt, ms) }

func TestCancelAnIterationBeforeItsItemsAreHeard(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f, items := iterate(t, b, squares(3, nil))
		got := record(t, f)
		b.settleStarted(f)
		f.Cancel()
		b.route(f.Done)
		wantItems(t, "TF-134 before execution is noticed", items)
		wantStates(t, "TF-134 before execution is noticed", got, background.Waiting, background.Cancelling, background.Cancelled)
	})
}

func TestGeneratorIsClosed(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		closed := clock.NewLatch(b.rt, "closed")
		var now *job
		numbers := iter.Seq[int](func(yield func(int) bool) {
			defer func() { now.Rejoin(closed.Set) }()
			for i := 0; yield(i); i++ {
				_ = now.Sleep(ms) // the others have a turn
			}
		})
		f, items := iterate(t, b, func(j *job, yield func(int) bool) error {
			now = j
			for x := range numbers {
				if !yield(x) {
					break
				}
			}
			return nil
		})
		b.route(func() bool { return len(*items) == 2 })
		f.Cancel()
		b.route(f.Done)
		if !closed.IsSet() {
			t.Error("TF-136 the generator's cleanup did not run")
		}
		wantItems(t, "TF-136", items, 0, 1)
	})
}

// A job that does not look goes on, and is not heard.
func TestIterationThatIgnoresTheCancel(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f, items := iterate(t, b, func(j *job, yield func(int) bool) error {
			yield(1)
			_ = j.Sleep(ms * 1000 * 1000)
			for range 5 {
				if yield(2) {
					t.Error("TF-136 yield = true after a cancel")
				}
			}
			return nil
		})
		b.route(func() bool { return len(*items) == 1 })
		f.Cancel()
		b.route(f.Done)
		wantItems(t, "TF-134", items, 1)
	})
}

func TestSentItemIsLetGo(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		var item weak.Pointer[[1024]byte]
		gate := clock.NewLatch(b.rt, "gate")
		f, err := background.Iterate(b.e, func(j *job, yield func(*[1024]byte) bool) error {
			yield(new([1024]byte))
			j.Rejoin(func() { _ = gate.Wait(clock.Forever) })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got := false
		f.OnItem(func(x *[1024]byte) { item, got = weak.Make(x), true })
		b.route(func() bool { return got })
		for range 10 {
			if runtime.GC(); item.Value() == nil {
				break
			}
		}
		if item.Value() != nil {
			t.Error("TF-137 an item is held after it was delivered")
		}
		gate.Set()
		b.route(f.Done)
	})
}
