package library_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/library"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// each runs fn for every scenario of the library.
func each(t *testing.T, fn func(t *testing.T, name string, s *scenarios.Scenario)) {
	t.Helper()
	files, err := filepath.Glob("*/*.yaml")
	if err != nil || len(files) != 16 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Dir(file)
		t.Run(name, func(t *testing.T) {
			s, err := scenarios.Load(file)
			if err != nil {
				t.Fatal(err)
			}
			fn(t, name, s)
		})
	}
}

func TestScenarios(t *testing.T) {
	each(t, func(t *testing.T, _ string, s *scenarios.Scenario) {
		r := s.Run(library.Apps(), scenarios.RunOptions{})
		if r.Status != scenarios.Passed || len(r.Warnings) > 0 || !r.Deterministic() {
			t.Fatal(report(r))
		}
		if again := s.Run(library.Apps(), scenarios.RunOptions{}); again.Digest != r.Digest {
			t.Errorf("digests %s and %s of two runs", r.Digest, again.Digest)
		}
	})
}

// Who lists the library sees what each scenario protects, and of which hubs it
// is; all together are of all conventions.
func TestDescriptions(t *testing.T) {
	conventions := map[string]int{
		"zigbee2mqtt": 0, "homeassistant": 0, "tasmota": 0, "shelly": 0, "esphome": 0, "victron": 0, "gridworks": 0,
	}
	each(t, func(t *testing.T, _ string, s *scenarios.Scenario) {
		known := 0
		for _, tag := range s.Tags {
			if _, ok := conventions[tag]; ok {
				conventions[tag]++
				known++
			}
		}
		if s.Description == "" || known == 0 {
			t.Errorf("description %q, tags %q", s.Description, s.Tags)
		}
	})
	for convention, n := range conventions {
		if n == 0 {
			t.Errorf("no scenario is of %s", convention)
		}
	}
}

// Delays of devices are drawn from the seed; nothing that is expected may
// depend on them.
func TestSeeds(t *testing.T) {
	each(t, func(t *testing.T, _ string, s *scenarios.Scenario) {
		for seed := range uint64(20) {
			if r := s.Run(library.Apps(), scenarios.RunOptions{Seed: &seed}); r.Status != scenarios.Passed {
				t.Fatalf("seed %d: %s", seed, report(r))
			}
		}
	})
}

// eachLinked is each without the scenarios of automations that make connections of
// their own, past what is spoiled here: mistakes of theirs are in their packages.
func eachLinked(t *testing.T, fn func(t *testing.T, name string, s *scenarios.Scenario)) {
	t.Helper()
	each(t, func(t *testing.T, name string, s *scenarios.Scenario) {
		if name != "heatpump" {
			fn(t, name, s)
		}
	})
}

// late is how much later than right is too late. Where only the tape tells of
// some commands, and not as exactly, it is tooLate for these.
var (
	late = map[string]time.Duration{
		"bathfan": 750 * time.Millisecond, "batteryguard": 15 * time.Second, "boilernight": 45 * time.Second,
		"doorlock": 2 * time.Second, "freezerwatch": 45 * time.Second, "garagegate": 250 * time.Millisecond,
		"gardenpump": 250 * time.Millisecond, "heatreports": 250 * time.Millisecond, "homesensors": 750 * time.Millisecond,
		"leakalarm": 250 * time.Millisecond, "loadshedding": 4 * time.Second, "motionlight": 750 * time.Millisecond,
		"plugkeeper": 750 * time.Millisecond, "thermostat": 45 * time.Second, "wallbutton": 750 * time.Millisecond,
	}
	tooLate = map[string]time.Duration{
		"leakalarm": 1500 * time.Millisecond, "loadshedding": 10 * time.Second,
		"motionlight": 10 * time.Second, "thermostat": 3 * time.Minute,
	}
)

// An automation that does its work wrongly fails its scenario.
func TestWrongAppsFail(t *testing.T) {
	eachLinked(t, func(t *testing.T, name string, s *scenarios.Scenario) {
		if late[name] == 0 {
			t.Fatal("nothing says what is too late")
		}
		for wrong, spoil := range map[string]spoiler{
			"does nothing":   idle,
			"says nothing":   says(func(*spoiled, message) {}),
			"says it twice":  says(twice),
			"says it once":   says(onlyFirst),
			"is late":        says(after(late[name])),
			"is a day late":  says(after(24 * time.Hour)),
			"ends by itself": quits,
		} {
			t.Run(wrong, func(t *testing.T) {
				r := s.Run(appsWith(spoil), scenarios.RunOptions{})
				if r.Status != scenarios.Failed {
					t.Errorf("it was not noticed: %s", report(r))
				}
				t.Log(report(r))
			})
		}
	})
}

// Each single command counts: one that is lost, doubled or late is noticed.
func TestEveryCommandCounts(t *testing.T) {
	eachLinked(t, func(t *testing.T, name string, s *scenarios.Scenario) {
		commands := commandsOf(s)
		if right := s.Run(appsWith(says(only(commands, twice))), scenarios.RunOptions{}); right.Status != scenarios.Passed || commands == 0 {
			t.Fatalf("%d commands on a link of its own: %s", commands, report(right))
		}
		t.Logf("%d commands", commands)
		wrongs := map[string]func(*spoiled, message){
			"lost": func(*spoiled, message) {}, "doubled": twice, "late": after(cmp.Or(tooLate[name], late[name])),
		}
		for n := range commands {
			for wrong, publish := range wrongs {
				if r := s.Run(appsWith(says(only(n, publish))), scenarios.RunOptions{}); r.Status != scenarios.Failed {
					t.Errorf("command %d was %s, and it was not noticed: %s", n, wrong, report(r))
				}
			}
		}
	})
}

// commandsOf is how many commands the right automation gives.
func commandsOf(s *scenarios.Scenario) (n int) {
	s.Run(appsWith(says(func(x *spoiled, m message) {
		n++
		x.real(m)
	})), scenarios.RunOptions{})
	return n
}

// What is embedded is what lies in the folders.
func TestFS(t *testing.T) {
	var names []string
	err := fs.WalkDir(library.FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		names = append(names, path)
		embedded, err := fs.ReadFile(library.FS, path)
		if err != nil {
			return err
		}
		file, err := os.ReadFile(path)
		if string(file) != string(embedded) {
			t.Errorf("%s differs", path)
		}
		if most := 300_000; len(file) > most {
			t.Errorf("%s has %d bytes, want at most %d", path, len(file), most)
		}
		return err
	})
	if err != nil || len(names) != 28 {
		t.Errorf("%d files, %v: %s", len(names), err, strings.Join(names, " "))
	}
}

func report(r *scenarios.Result) string {
	var b strings.Builder
	b.WriteString(string(r.Status))
	if r.Err != nil {
		b.WriteString("\n" + r.Err.Error())
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "\nline %d, at %v, %s: %s\n  %s", f.Pos.Line, f.At, f.Kind, f.Message, strings.Join(f.Details, "\n  "))
	}
	for _, w := range r.Warnings {
		b.WriteString("\nwarning: " + w)
	}
	return b.String()
}
