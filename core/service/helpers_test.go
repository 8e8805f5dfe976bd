package service_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/service"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

var errBoom = errors.New("boom")

// diary is what happened, in order.
type diary struct{ lines []string }

func (d *diary) note(s string) { d.lines = append(d.lines, s) }

// hook notes its name and returns nothing.
func (d *diary) hook(s string) func() error {
	return func() error {
		d.note(s)
		return nil
	}
}

func (d *diary) want(t *testing.T, what string, want ...string) {
	t.Helper()
	if !slices.Equal(d.lines, want) {
		t.Errorf("%s: %q, want %q", what, d.lines, want)
	}
	d.lines = nil
}

// options notes every step of a service's life.
func (d *diary) options(name string) service.Options {
	return service.Options{
		Name:       name,
		FirstStart: d.hook(name + " first"),
		Start:      d.hook(name + " start"),
		Started:    d.hook(name + " started"),
		Stop:       d.hook(name + " stop"),
		Shutdown:   d.hook(name + " shutdown"),
		Restart:    d.hook(name + " restart"),
	}
}

func ok(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func wantErr(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func wantState(t *testing.T, what string, s *service.Service, want service.State) {
	t.Helper()
	if s.State() != want {
		t.Errorf("%s: the state is %q, want %q", what, s.State(), want)
	}
}

func wantText(t *testing.T, what string, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error, want %q", what, parts)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q, want %q in it", what, err, part)
		}
	}
}

// logTo returns a logger and what it has written.
func logTo() (*slog.Logger, *bytes.Buffer) {
	var b bytes.Buffer
	return slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug})), &b
}

// forEver is a task that ends when its service does.
func forEver(s *service.Service) func() error {
	return func() error { return s.Wait(clock.Forever) }
}

// settle lets every task that can run have its turns.
func settle(rt clock.Runtime) {
	for range 20 {
		rt.Yield()
	}
}

// supervise makes a supervisor of services.
func supervise(t *testing.T, rt clock.Runtime, o service.SupervisorOptions, services ...*service.Service) *service.Supervisor {
	t.Helper()
	p := service.NewSupervisor(rt, o)
	ok(t, "add", p.Add(services...))
	return p
}

// virtual runs a test body where instants are exact.
func virtual(t *testing.T, body func(t *testing.T, v *clock.Virtual)) {
	t.Helper()
	clocktest.Virtual(t, clock.VirtualOptions{}, body)
}
