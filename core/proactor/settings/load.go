package settings

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Sources are where settings come from. What stands later in a list counts.
type Sources struct {
	// Prefix is how the names of variables begin, before a _.
	Prefix string
	// Environ is the environment, each "NAME=value"; see Environ.
	Environ []string
	// Files are files of variables; see ReadEnvFile.
	Files []EnvFile
	// Given is what the program says, by the path of the setting. A map of the
	// same kind has paths below its own, and what it does not name comes from the
	// environment all the same. A value of the setting's very type replaces all of
	// it: for what is below it the environment is not asked. Anything else counts
	// as its text does in a variable.
	Given map[string]any
}

// Completer fills in what hangs on other settings. Load calls it when all
// sources were read; getenv reads the environment, and has "" for what is not
// there.
type Completer interface {
	Complete(getenv func(name string) string)
}

// Checker looks whether settings make sense. Load calls it last.
type Checker interface {
	Check(bad func(path, what string))
}

// Defaulter is what stands in a map of settings: a new one begins with its
// defaults.
type Defaulter interface{ SetDefaults() }

// Load reads settings into a pointer to a struct that holds the defaults. The
// error is an *Error with everything that is wrong; then into has what could be
// read.
func Load(into any, s Sources) (Report, error) {
	root := reflect.ValueOf(into)
	if root.Kind() != reflect.Pointer || root.IsNil() || root.Elem().Kind() != reflect.Struct {
		return Report{}, fmt.Errorf("load settings into %T: it has to be a pointer to a struct", into)
	}
	l := &loader{prefix: s.Prefix, vars: map[string]variable{}, given: map[string]any{}, origins: map[string]string{}, used: map[string]bool{}}
	l.flatten("", s.Given)
	for _, f := range s.Files {
		l.file(f)
	}
	environ := l.environ(s.Environ)
	l.walk(root.Elem(), "")
	if c, ok := into.(Completer); ok {
		c.Complete(func(name string) string { return environ[name] })
	}
	l.leftOver()
	if c, ok := into.(Checker); ok && len(l.faults) == 0 {
		c.Check(l.bad)
	}
	report := l.report(root.Elem())
	if len(l.faults) > 0 {
		return report, &Error{Faults: l.faults}
	}
	return report, nil
}

// loader goes through a struct. Settings are known by their paths, in lower
// case.
type loader struct {
	prefix  string
	vars    map[string]variable
	given   map[string]any
	origins map[string]string // by path; none: the default
	used    map[string]bool   // paths of sources that found their setting
	known   []string          // paths of all settings
	faults  []Fault
}

// Where a value came from.
const (
	fromProgram     = "the program"
	fromEnvironment = "the environment"
	fromDefault     = "the default"
)

func (l *loader) flatten(path string, given map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(given)) {
		at := join(path, strings.ToLower(key))
		if inner, ok := given[key].(map[string]any); ok {
			l.flatten(at, inner)
			continue
		}
		l.given[at] = given[key]
	}
}

func (l *loader) file(f EnvFile) {
	vars, faults := f.parse()
	l.faults = append(l.faults, faults...)
	for _, v := range vars {
		l.add(v)
	}
}

// environ adds the variables of the environment, and returns all of it by name.
func (l *loader) environ(lines []string) map[string]string {
	all := map[string]string{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, "=")
		all[name] = value
		l.add(variable{name, value, fromEnvironment})
	}
	return all
}

func (l *loader) add(v variable) {
	name, ok := strings.CutPrefix(strings.ToLower(v.name), strings.ToLower(l.prefix)+"_")
	if ok {
		l.vars[strings.ReplaceAll(name, "__", ".")] = v
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// variable is a setting's name in the environment.
func (l *loader) variable(path string) string {
	return strings.ToUpper(l.prefix + "_" + strings.ReplaceAll(path, ".", "__"))
}

// below reports whether path is dir, or lies below it.
func below(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+".") }

// walk fills in a value and what is below it.
func (l *loader) walk(v reflect.Value, path string) {
	if path != "" && l.replaced(v, path) {
		return
	}
	switch shapeOf(v.Type()) {
	case shapeStruct:
		l.section(path)
		eachField(v, path, l.walk)
	case shapeMap:
		l.section(path)
		l.walkMap(v, path)
	default:
		l.leaf(v, path)
	}
}

// replaced takes a value of the very type that the program gave.
func (l *loader) replaced(v reflect.Value, path string) bool {
	given := reflect.ValueOf(l.given[path])
	if !given.IsValid() || !given.Type().AssignableTo(v.Type()) {
		return false
	}
	v.Set(given)
	l.origins[path] = fromProgram
	l.used[path] = true
	for at := range maps.Keys(l.vars) {
		l.used[at] = l.used[at] || below(at, path)
	}
	l.known = append(l.known, path)
	return true
}

// section complains of a text in place of what has settings below it.
func (l *loader) section(path string) {
	what := "it has settings below it: set those, as " + l.variable(path) + "__…"
	if v, ok := l.vars[path]; ok {
		l.used[path] = true
		l.faults = append(l.faults, Fault{v.name, v.from, what})
	}
	if given, ok := l.given[path]; ok {
		l.used[path] = true
		l.faults = append(l.faults, Fault{l.variable(path), fromProgram, fmt.Sprintf("a %T cannot be all of it", given)})
	}
}

// walkMap fills in what the map has, and what the sources name besides. The map
// that the default had stays as it is.
func (l *loader) walkMap(v reflect.Value, path string) {
	filled := reflect.MakeMap(v.Type())
	for _, key := range l.keys(v, path) {
		item := reflect.New(v.Type().Elem())
		if old := v.MapIndex(reflect.ValueOf(key)); old.IsValid() {
			item.Elem().Set(old)
		} else if d, ok := item.Interface().(Defaulter); ok {
			d.SetDefaults()
		}
		l.walk(item.Elem(), join(path, strings.ToLower(key)))
		filled.SetMapIndex(reflect.ValueOf(key), item.Elem())
	}
	if filled.Len() > 0 {
		v.Set(filled)
	}
}

// keys are those of a map, and the ones that sources name, sorted.
func (l *loader) keys(v reflect.Value, path string) (keys []string) {
	have := map[string]bool{}
	for _, k := range v.MapKeys() {
		keys = append(keys, k.String())
		have[strings.ToLower(k.String())] = true
	}
	for _, at := range slices.Concat(slices.Collect(maps.Keys(l.vars)), slices.Collect(maps.Keys(l.given))) {
		rest, ok := strings.CutPrefix(at, path+".")
		key, _, _ := strings.Cut(rest, ".")
		if ok && key != "" && !have[key] {
			keys = append(keys, key)
			have[key] = true
		}
	}
	slices.Sort(keys)
	return keys
}

func (l *loader) leaf(v reflect.Value, path string) {
	l.known = append(l.known, path)
	source, ok := l.vars[path]
	l.used[path] = true
	if given, program := l.given[path]; program {
		source, ok = variable{l.variable(path), fmt.Sprint(given), fromProgram}, true
	}
	if !ok {
		return
	}
	l.origins[path] = source.from
	if err := parse(v, source.value); err != nil {
		l.faults = append(l.faults, Fault{source.name, source.from, err.Error()})
	}
}
