package cli

import (
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"github.com/hubtape/hubtape/internal/command"
)

// reports are all that were asked for.
type reports struct {
	list  []teller
	files []*command.File
	err   error // the first of any; the run goes on without
}

// openReports begins the reports, before anything runs, so that a place that
// cannot be written to is known at once.
func (a *app) openReports(f *runFlags, items []*item) (*reports, error) {
	all := &reports{}
	text := textReport{out: a.Out, err: a.Err, program: a.Name, name: nameWidth(items), colour: a.colour, strict: f.strict}
	annotations := a.Out
	if f.toStdout() > 0 {
		text.out, annotations = io.Discard, a.Err
	}
	all.list = append(all.list, &text)
	if f.github {
		all.list = append(all.list, githubReport{annotations})
	}
	if f.json != "" {
		file, err := all.create(f.json, a.Out)
		if err != nil {
			return nil, err
		}
		all.list = append(all.list, &jsonReport{File: file})
	}
	if f.junit != "" {
		file, err := all.create(f.junit, a.Out)
		if err != nil {
			return nil, err
		}
		all.list = append(all.list, &junitReport{File: file, text: text, begun: time.Now()})
	}
	if f.html != "" {
		file, err := all.create(f.html, a.Out)
		if err != nil {
			return nil, err
		}
		all.list = append(all.list, newHTMLReport(file, items, text))
	}
	return all, nil
}

func (all *reports) create(path string, stdout io.Writer) (*command.File, error) {
	file, err := command.CreateFile(path, stdout)
	if err != nil {
		for _, f := range all.files {
			f.Discard()
		}
		return nil, err
	}
	all.files = append(all.files, file)
	return file, nil
}

func (all *reports) outcome(o *outcome) {
	all.each(func(r teller) error { return r.outcome(o) })
}

func (all *reports) group(g *group) {
	all.each(func(r teller) error { return r.group(g) })
}

func (all *reports) each(do func(r teller) error) {
	for _, r := range all.list {
		if err := do(r); err != nil && all.err == nil {
			all.err = err
		}
	}
}

// close ends the reports and returns the first error of all.
func (all *reports) close(s *summary) error {
	all.each(func(r teller) error { return r.end(s) })
	for _, f := range all.files {
		if err := f.Close(); err != nil && all.err == nil {
			all.err = err
		}
	}
	return all.err
}

// startProfiles begins what --cpuprofile and --memprofile ask for; the function
// that is returned ends them.
func (f *runFlags) startProfiles() (stop func() error, err error) {
	var cpu *os.File
	if f.cpu != "" {
		if cpu, err = os.Create(f.cpu); err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(cpu); err != nil {
			return nil, errors.Join(err, cpu.Close())
		}
	}
	return func() error {
		var errs []error
		if cpu != nil {
			pprof.StopCPUProfile()
			errs = append(errs, cpu.Close())
		}
		if f.mem != "" {
			runtime.GC() // what is in use, not what could be thrown away
			errs = append(errs, command.WriteFile(f.mem, io.Discard, pprof.WriteHeapProfile))
		}
		return errors.Join(errs...)
	}, nil
}
