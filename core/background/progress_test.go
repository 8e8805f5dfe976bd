package background_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/background"
)

func progress[R any](t *testing.T, b *bench, fn func(*job, func(string)) (R, error)) (*background.Progression[string, R], *[]string) {
	t.Helper()
	f, err := background.Progress(b.e, fn)
	if err != nil {
		t.Fatal(err)
	}
	var reports []string
	f.OnProgress(func(x string) { reports = append(reports, x) })
	return f, &reports
}

func TestProgress(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		f, reports := progress(t, b, func(_ *job, report func(string)) (int, error) {
			report("1 of 2")
			report("2 of 2")
			return 2, nil
		})
		got := record(t, f)
		f.OnState(func(s background.State) {
			if s == background.Completed && len(*reports) != 2 {
				t.Errorf("TF-139 the result came before the reports: %v", *reports)
			}
		})
		b.route(f.Done)
		wantItems(t, "TF-139", reports, "1 of 2", "2 of 2")
		wantStates(t, "TF-139", got, background.Waiting, background.Executing, background.Completed)
		if x, err := f.Result(); x != 2 || err != nil {
			t.Errorf("TF-139 Result = %d, %v", x, err)
		}
	})
}

func TestFailedProgress(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		boom := errors.New("boom")
		f, reports := progress(t, b, func(_ *job, report func(string)) (int, error) {
			report("half")
			return 0, boom
		})
		b.route(f.Done)
		wantItems(t, "TF-141", reports, "half")
		if _, err := f.Result(); err != boom || f.State() != background.Failed {
			t.Errorf("TF-141 Result = %v, %v", err, f.State())
		}
	})
}

func TestCancelProgress(t *testing.T) {
	both(t, func(t *testing.T, b *bench) {
		ran := false
		f, reports := progress(t, b, func(_ *job, report func(string)) (int, error) {
			ran = true
			report("begun")
			return 0, nil
		})
		got := record(t, f)
		if !f.Cancel() || f.Cancel() {
			t.Error("TF-144 Cancel must be true once")
		}
		b.route(f.Done)
		clock.Sleep(b.rt, ms)
		wantItems(t, "TF-142", reports)
		wantStates(t, "TF-142", got, background.Waiting, background.Cancelling, background.Cancelled)
		if ran {
			t.Error("TF-142 the job ran")
		}
	})
}

// Reports, and how it ended, have been sent, and were not heard yet.
func TestCancelBeforeReportsAreHeard(t *testing.T) {
	for _, fails := range []bool{false, true} {
		t.Run(fmt.Sprint("fails ", fails), func(t *testing.T) {
			both(t, func(t *testing.T, b *bench) {
				f, reports := progress(t, b, func(j *job, report func(string)) (int, error) {
					report("first")
					_ = j.Sleep(ms)
					report("second")
					report("third")
					if fails {
						panic("boom")
					}
					return 1, nil
				})
				got := record(t, f)
				b.route(func() bool { return len(*reports) == 1 })
				clock.Sleep(b.rt, 5*ms)
				f.Cancel()
				b.route(f.Done)
				wantItems(t, "TF-145", reports, "first")
				wantStates(t, "TF-144", got, background.Waiting, background.Executing, background.Cancelling, background.Cancelled)
				wantNoResult(t, "TF-144", f)
			})
		})
	}
}
