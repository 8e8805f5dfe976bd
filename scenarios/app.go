package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/hubtape/hubtape/core"
)

// Entry is an automation that scenario files can name. Make it with App.
type Entry struct {
	Name string
	// Params lists the parameters it takes, in the order of its struct.
	Params []Param
	// prepare reads the parameters; what it returns makes the automation.
	prepare func(params any) (func() core.App, error)
}

// Param is one parameter of an automation.
type Param struct {
	Name string // its key under `params:`
	Type string // text, number, whole number, true or false, duration, list, object
}

// App makes an entry of a constructor, as in App("hall", hall.New). The
// parameters of a scenario are read into P as encoding/json reads an object,
// and a key that P does not have is an error. The constructor is called once a
// run.
func App[P any, A core.App](name string, construct func(P) A) Entry {
	return Entry{
		Name:   name,
		Params: paramsOf(reflect.TypeFor[P]()),
		prepare: func(params any) (func() core.App, error) {
			var p P
			if err := decodeParams(params, &p); err != nil {
				return nil, err
			}
			return func() core.App { return construct(p) }, nil
		},
	}
}

func decodeParams(params, into any) error {
	if params == nil {
		return nil
	}
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

func paramsOf(t reflect.Type) (params []Param) {
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		params = append(params, Param{Name: name, Type: typeName(f.Type)})
	}
	return params
}

func typeName(t reflect.Type) string {
	if t == reflect.TypeFor[core.Duration]() {
		return "duration"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice, reflect.Array:
		return "list"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 {
		return "whole number"
	}
	return t.String()
}

// findApp returns the entry of a name.
func findApp(apps []Entry, name string) (Entry, bool) {
	for _, e := range apps {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// Names are the names of automations, in their order.
func Names(apps []Entry) (names []string) {
	for _, e := range apps {
		names = append(names, e.Name)
	}
	return names
}

// CheckParams looks whether each automation takes the parameters that the
// scenario gives it. The error is an [Errors].
func (s *Scenario) CheckParams(apps []Entry) error {
	var faults []*FileError
	for _, use := range s.Apps {
		entry, ok := findApp(apps, use.App)
		if !ok {
			continue // for CheckApps
		}
		if _, err := entry.prepare(use.Params); err != nil {
			at := use.Pos
			if use.ParamsPos != (Pos{}) {
				at = use.ParamsPos
			}
			faults = append(faults, s.source().fault(at, paramsHint(entry), "params of %s: %s", use.App, jsonReason(err)))
		}
	}
	return sorted(faults)
}

func paramsHint(e Entry) string {
	if len(e.Params) == 0 {
		return "it takes no parameters"
	}
	var names []string
	for _, p := range e.Params {
		names = append(names, fmt.Sprintf("%s (%s)", p.Name, p.Type))
	}
	return "it takes " + strings.Join(names, ", ")
}

// jsonReason is what encoding/json says, in the words of a scenario.
func jsonReason(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || wrong.Field == "" {
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	is, _, _ := strings.Cut(wrong.Value, " ")
	if word := map[string]string{"string": "text", "array": "list", "bool": "true or false"}[is]; word != "" {
		is = word
	}
	return fmt.Sprintf("%s is %s, want %s", wrong.Field, is, typeName(wrong.Type))
}

// Check looks at everything about a scenario that can be known without running
// it: its files, its automations and their parameters. The error is an
// [Errors].
func (s *Scenario) Check(apps []Entry) error {
	var faults []*FileError
	for _, err := range []error{s.CheckFiles(), s.CheckApps(Names(apps)), s.CheckParams(apps), s.checkGolden(), s.checkSupported()} {
		if found, ok := err.(Errors); ok {
			faults = append(faults, found...)
		}
	}
	return sorted(faults)
}

// checkSupported refuses what this version reads but does not run: nothing in a
// file is silently left out.
func (s *Scenario) checkSupported() error {
	var faults []*FileError
	refuse := func(p Pos, what string) {
		faults = append(faults, s.source().fault(p, "remove it, or use a version that has it", "this version of hubtape does not run %s yet", what))
	}
	if s.Exec != nil {
		refuse(s.Exec.Pos, "external programs (exec)")
	}
	for _, f := range s.Faults {
		switch {
		case f.Kind != FaultDisconnect:
			refuse(f.Pos, "faults")
		case f.Between != nil:
			refuse(f.Pos, "disconnect with between")
		}
	}
	return sorted(faults)
}
