package scenarios

import (
	"math"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/hubtape/hubtape/clock"
)

// Scenario is one scenario file. It is not changed once it is read, and may be
// run many times and side by side.
type Scenario struct {
	File string // as given to Load or Parse
	Dir  string // what relative paths in it start from
	Pos         // of the first key

	Name        string // required
	Description string // what it protects, in a sentence or two
	Tags        []string
	Skip        string // a reason; "" runs it

	// Apps are the automations that run. The form `app: NAME` is one AppUse
	// with an empty Key. Empty with Exec, and in a scenario without any.
	Apps []AppUse
	Exec *Exec // an external program; nil for none

	Start    time.Time      // the instant at the start; zero: not given
	Timezone string         // IANA name; "" is UTC
	Location *time.Location // of Timezone, never nil
	Seed     uint64         // 0 unless given

	Tape    *Tape // nil for none
	Devices []Device
	Faults  []Fault
	Steps   []Step  // empty: the whole tape is played
	Expect  *Expect // nil for none

	Warnings []Warning

	src *source
}

// AppUse is one automation of a scenario.
type AppUse struct {
	Pos
	Key       string // of `apps:`: its name, client id, and apps.KEY as a source; "" with `app:`
	App       string // the automation in this binary
	Params    any    // plain Go values, nil when not given
	ParamsPos Pos    // where they stand
}

// Source is what the messages of this automation have as their source.
func (a AppUse) Source() string {
	if a.Key == "" {
		return "app"
	}
	return "apps." + a.Key
}

// Path resolves a path of the file against its folder.
func (s *Scenario) Path(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.Dir, path)
}

// HasTag reports whether the scenario carries a tag.
func (s *Scenario) HasTag(tag string) bool {
	for _, t := range s.Tags {
		if t == tag {
			return true
		}
	}
	return false
}

// Keys of a scenario and of one of its apps.
var (
	scenarioKeys = []string{"name", "description", "tags", "skip", "app", "apps", "exec", "params", "start", "timezone", "seed", "tape", "devices", "faults", "steps", "expect"}
	appKeys      = []string{"app", "params"}
)

// scenario reads the whole file.
func (r *reader) scenario(root *node) *Scenario {
	s := &Scenario{File: r.file, Dir: filepath.Dir(r.file), Pos: root.Pos, Location: time.UTC, src: r.source}
	if key := homeAssistant(root); key != nil {
		r.refuseHomeAssistant(key)
		return s
	}
	o, ok := r.object(root, "a scenario", scenarioKeys...)
	if !ok {
		return s
	}
	s.Name = o.requiredText("name")
	if strings.ContainsFunc(s.Name, unicode.IsControl) {
		r.fail(o.field("name").Pos, "what there is more to say goes into description", "name must be one line of plain text")
	}
	s.Description = strings.Join(strings.Fields(o.text("description")), " ")
	s.Tags = o.texts("tags")
	if n, ok := o.has("skip"); ok {
		s.Skip, _ = r.readText(n, "skip")
	}
	r.program(o, s)
	r.time(o, s)
	s.Seed, _ = o.integer("seed", 0, math.MaxUint64)
	if n, ok := o.has("tape"); ok {
		s.Tape = r.tape(n)
	}
	s.Devices = r.devices(o)
	s.Faults = r.allFaults(o, s)
	c := r.conditions(o, s)
	s.Steps = c.steps(o)
	if n, ok := o.has("expect"); ok {
		s.Expect = c.expect(n)
	}
	r.paths(s)
	return s
}

// program reads app, apps, exec and params.
func (r *reader) program(o object, s *Scenario) {
	kinds := 0
	for _, key := range []string{"app", "apps", "exec"} {
		n, ok := o.has(key)
		if !ok {
			continue
		}
		if kinds++; kinds > 1 {
			r.fail(n.Pos, "use apps for several automations", "a scenario has one of app, apps and exec")
		}
	}
	params, hasParams := o.has("params")
	if n, ok := o.has("app"); ok {
		app := AppUse{Pos: n.Pos, App: o.text("app")}
		if hasParams {
			app.Params, app.ParamsPos = r.any(params, "params"), params.Pos
		}
		s.Apps = append(s.Apps, app)
	} else if hasParams {
		r.fail(params.Pos, "with apps, each has its own params; a program of exec takes env", "params belong to app, and there is none")
	}
	if n, ok := o.has("apps"); ok {
		s.Apps = append(s.Apps, r.apps(n)...)
	}
	if n, ok := o.has("exec"); ok {
		s.Exec = r.exec(n)
	}
}

func (r *reader) apps(n *node) []AppUse {
	if n.kind != kindObject || len(n.fields) == 0 {
		r.want(n, "apps", "for a single automation write app: NAME", "an object such as {hall: {app: hallway-light}}")
		return nil
	}
	r.once(n)
	var out []AppUse
	for _, f := range n.fields {
		if f.key.text == "" {
			r.fail(f.key.Pos, "", "an automation in apps must not have an empty name")
		}
		o, ok := r.object(f.value, "apps."+f.key.text, appKeys...)
		if !ok {
			continue
		}
		app := AppUse{Pos: f.key.Pos, Key: f.key.text, App: o.requiredText("app")}
		if p, ok := o.has("params"); ok {
			app.Params, app.ParamsPos = r.any(p, "params"), p.Pos
		}
		out = append(out, app)
	}
	return out
}

// time reads start and timezone.
func (r *reader) time(o object, s *Scenario) {
	if n, ok := o.has("start"); ok {
		text, ok := r.readText(n, "start")
		t, err := parseStart(text)
		if ok && err != nil {
			r.fail(n.Pos, startHint(text), "start takes an instant with its offset from UTC, not %q", shorten(text))
		}
		if ok && err == nil && (t.Year() < 1970 || t.Year() > 2200) {
			r.fail(n.Pos, "", "start must lie between the years 1970 and 2200")
		}
		s.Start = t
	}
	s.Timezone = o.text("timezone")
	if s.Timezone == "" {
		return
	}
	loc, err := clock.LoadZone(s.Timezone)
	if err != nil {
		r.fail(o.field("timezone").Pos, zoneHint(s.Timezone), "timezone: %v", err)
		return
	}
	s.Location = loc
}
