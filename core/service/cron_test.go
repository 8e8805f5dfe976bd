package service_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := clock.LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// cronRuns returns the dates at which a schedule calls from start on, for d.
func cronRuns(t *testing.T, schedule string, start time.Time, d time.Duration, o service.CronOptions, jumps ...func(*clock.Virtual)) []string {
	t.Helper()
	var got []string
	name := strings.NewReplacer(" ", "_", "/", ":").Replace(schedule + start.Format(" 15:04"))
	t.Run(name, func(t *testing.T) {
		clocktest.Virtual(t, clock.VirtualOptions{Start: start, Zone: start.Location()}, func(t *testing.T, v *clock.Virtual) {
			s := service.New(v, service.Options{})
			ok(t, "cron", s.Cron("job", schedule, o, func() error {
				got = append(got, v.Wall().Format("Jan 2 15:04:05 -0700"))
				return nil
			}))
			ok(t, "start", s.Start())
			for _, jump := range jumps {
				jump(v)
			}
			clock.Sleep(v, d)
			ok(t, "stop", s.Stop())
		})
	})
	return got
}

func TestCron(t *testing.T) {
	utc := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	budapest := zone(t, "Europe/Budapest")
	spring := time.Date(2026, 3, 28, 12, 0, 0, 0, budapest)  // clocks go from 02:00 to 03:00 on the 29th
	autumn := time.Date(2026, 10, 24, 12, 0, 0, 0, budapest) // and from 03:00 to 02:00 on the 25th
	for _, c := range []struct {
		what, schedule string
		start          time.Time
		d              time.Duration
		o              service.CronOptions
		want           []string
	}{
		{"MO-116 each minute", "*/1 * * * *", utc, 150 * time.Second, service.CronOptions{}, []string{
			"Jan 1 00:01:00 +0000", "Jan 1 00:02:00 +0000",
		}},
		{"MO-116 in the evening", "0 20 * * *", utc, 25 * time.Hour, service.CronOptions{}, []string{"Jan 1 20:00:00 +0000"}},
		{"MO-116 eight hours behind", "0 20 * * *", utc, 23 * time.Hour, service.CronOptions{Zone: time.FixedZone("", -8*3600)}, []string{
			"Jan 1 04:00:00 +0000",
		}},
		{"descriptor", "@daily", utc, 25 * time.Hour, service.CronOptions{}, []string{"Jan 2 00:00:00 +0000"}},
		{"an hour that is left out", "30 2 * * *", spring, 48 * time.Hour, service.CronOptions{}, []string{
			"Mar 29 03:30:00 +0200", "Mar 30 02:30:00 +0200",
		}},
		{"an hour that there is twice", "30 2 * * *", autumn, 48 * time.Hour, service.CronOptions{}, []string{
			"Oct 25 02:30:00 +0200", "Oct 26 02:30:00 +0100",
		}},
		{
			"an hour that there is twice, from its second half on", "30 2 * * *", time.Date(2026, 10, 25, 1, 20, 0, 0, time.UTC).In(budapest),
			25 * time.Hour,
			service.CronOptions{},
			[]string{"Oct 26 02:30:00 +0100"},
		},
		{"what goes on with the time, in spring", "0 */1 * * *", spring.Add(13 * time.Hour), 121 * time.Minute, service.CronOptions{}, []string{
			"Mar 29 03:00:00 +0200", "Mar 29 04:00:00 +0200",
		}},
		{"what goes on with the time, in autumn", "30 * * * *", autumn.Add(13 * time.Hour), 4 * time.Hour, service.CronOptions{}, []string{
			"Oct 25 01:30:00 +0200", "Oct 25 02:30:00 +0200", "Oct 25 02:30:00 +0100", "Oct 25 03:30:00 +0100",
		}},
		{"midnight each day in autumn", "@daily", autumn, 40 * time.Hour, service.CronOptions{}, []string{
			"Oct 25 00:00:00 +0200", "Oct 26 00:00:00 +0100",
		}},
		{"never", "0 0 30 2 *", utc, 24 * time.Hour, service.CronOptions{}, nil},
	} {
		if got := cronRuns(t, c.schedule, c.start, c.d, c.o); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q runs at %q, want %q", c.what, c.schedule, got, c.want)
		}
	}
}

// Waits for a date look at it again: it may be set while they wait.
func TestCronWhenTheDateIsSet(t *testing.T) {
	noon := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	jump := func(after, by time.Duration) func(*clock.Virtual) {
		return func(v *clock.Virtual) {
			clock.Sleep(v, after)
			v.Jump(by)
		}
	}
	for _, c := range []struct {
		what  string
		jumps []func(*clock.Virtual)
		d     time.Duration
		want  []string
	}{
		{"forward over the call: once, within a minute", []func(*clock.Virtual){jump(90*time.Second, 3*time.Hour)}, time.Hour, []string{"Jun 1 15:02:00 +0000"}},
		{"forward, and the call is still to come", []func(*clock.Virtual){jump(time.Minute, 30*time.Minute)}, time.Hour, []string{"Jun 1 13:00:00 +0000"}},
		{"back by an hour after the call: not again", []func(*clock.Virtual){jump(70*time.Minute, -time.Hour)}, 2 * time.Hour, []string{"Jun 1 13:00:00 +0000"}},
		{"back by a day: it was wrong, and the call comes again", []func(*clock.Virtual){jump(70*time.Minute, -24*time.Hour)}, 24 * time.Hour, []string{
			"Jun 1 13:00:00 +0000", "Jun 1 13:00:00 +0000",
		}},
	} {
		t.Run(c.what, func(t *testing.T) {
			if got := cronRuns(t, "0 13 * * *", noon, c.d, service.CronOptions{}, c.jumps...); !slices.Equal(got, c.want) {
				t.Errorf("runs at %q, want %q", got, c.want)
			}
		})
	}
}

// The date may be set by, or during, the call itself.
func TestCronWhenTheCallSetsTheDate(t *testing.T) {
	start := time.Date(2026, 6, 1, 12, 59, 0, 0, time.UTC)
	clocktest.Virtual(t, clock.VirtualOptions{Start: start}, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{})
		runs := 0
		ok(t, "cron", s.Cron("job", "0 13 * * *", service.CronOptions{}, func() error {
			runs++
			v.Jump(-30 * time.Minute)
			return nil
		}))
		ok(t, "start", s.Start())
		clock.Sleep(v, 2*time.Hour)
		if runs != 1 {
			t.Errorf("a call that sets the date back runs %d times", runs)
		}
		ok(t, "stop", s.Stop())
	})
}

func TestCronRefuses(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		s := service.New(rt, service.Options{Name: "s"})
		run := func() error { return nil }
		wantText(t, "too few fields", s.Cron("nightly", "0 20", service.CronOptions{}, run), `cron task "nightly" of s: schedule "0 20"`)
		wantText(t, "no hour", s.Cron("nightly", "0 25 * * *", service.CronOptions{}, run), "25")
		wantText(t, "interval", s.Cron("nightly", "@every 5m", service.CronOptions{}, run), "use Timer")
		wantText(t, "zone", s.Cron("nightly", "CRON_TZ=Europe/Budapest 0 20 * * *", service.CronOptions{}, run), "CronOptions")
		wantText(t, "nothing", s.Cron("nightly", "", service.CronOptions{}, run), "schedule")
	})
}

func TestCronThatFails(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		s := service.New(v, service.Options{})
		ok(t, "cron", s.Cron("job", "* * * * *", service.CronOptions{}, func() error { return errBoom }))
		ok(t, "start", s.Start())
		clock.Sleep(v, 2*time.Minute)
		wantErr(t, "an error crashes the service", s.Err(), errBoom)
		ok(t, "stop", s.Stop())
	})
}

// Where hours are left out or come twice, in zones of many kinds.
func TestCronInManyZones(t *testing.T) {
	for _, c := range []struct {
		zone, schedule string
		start          [5]int
		want           []string
	}{
		{"America/New_York", "30 2 * * *", [5]int{2026, 3, 7, 12, 0}, []string{"Mar 8 03:30:00 -0400", "Mar 9 02:30:00 -0400"}},
		{"America/Sao_Paulo", "0 0 * * *", [5]int{2018, 11, 3, 12, 0}, []string{"Nov 4 01:00:00 -0200", "Nov 5 00:00:00 -0200"}},
		{"America/Sao_Paulo", "@daily", [5]int{2018, 11, 3, 12, 0}, []string{"Nov 4 01:00:00 -0200", "Nov 5 00:00:00 -0200"}},
		{"Australia/Lord_Howe", "15 2 * * *", [5]int{2026, 10, 3, 12, 0}, []string{"Oct 4 02:45:00 +1100", "Oct 5 02:15:00 +1100"}},
		{"Australia/Lord_Howe", "45 1 * * *", [5]int{2026, 4, 4, 12, 0}, []string{"Apr 5 01:45:00 +1100", "Apr 6 01:45:00 +1030"}},
		{"America/New_York", "30 1 * * *", [5]int{2026, 10, 31, 12, 0}, []string{"Nov 1 01:30:00 -0400", "Nov 2 01:30:00 -0500"}},
		{"Pacific/Apia", "0 20 * * *", [5]int{2011, 12, 29, 12, 0}, []string{"Dec 29 20:00:00 -1000", "Dec 31 20:00:00 +1400"}},
		{"Australia/Lord_Howe", "0 */2 * * *", [5]int{2026, 4, 4, 23, 30}, []string{"Apr 5 00:00:00 +1100", "Apr 5 02:00:00 +1030", "Apr 5 04:00:00 +1030"}},
		{"America/Sao_Paulo", "0 */1 * * *", [5]int{2018, 11, 3, 22, 30}, []string{"Nov 3 23:00:00 -0300", "Nov 4 01:00:00 -0200"}},
		{"America/Sao_Paulo", "30 * 4 * *", [5]int{2018, 11, 3, 22, 30}, []string{"Nov 4 01:30:00 -0200"}},
	} {
		start := time.Date(c.start[0], time.Month(c.start[1]), c.start[2], c.start[3], c.start[4], 0, 0, zone(t, c.zone))
		got := cronRuns(t, c.schedule, start, 48*time.Hour, service.CronOptions{})
		if len(got) < len(c.want) || !slices.Equal(got[:len(c.want)], c.want) {
			t.Errorf("%s %q runs at %q, want %q", c.zone, c.schedule, got, c.want)
		}
	}
}
