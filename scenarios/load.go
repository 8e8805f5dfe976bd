package scenarios

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// Load reads a scenario file. The error is an [Errors] with everything that is
// wrong with it; a file that cannot be read at all is one FileError without a
// place.
func Load(path string) (*Scenario, error) { return load(path, Parse) }

// LoadFor is Load for a program with these automations. Where something is wrong
// with the file, the error has also what [Scenario.Check] finds in the rest of
// it, so that all of it can be mended at once. What Check finds alone is no error
// here.
func LoadFor(path string, apps []Entry) (*Scenario, error) {
	return load(path, func(name string, data []byte) (*Scenario, error) {
		s, faults := parse(name, data)
		if faults == nil || s == nil {
			return s, sorted(faults)
		}
		if more, ok := s.Check(apps).(Errors); ok {
			faults = append(faults, more...)
		}
		return nil, sorted(faults)
	})
}

func load(path string, parse func(name string, data []byte) (*Scenario, error)) (*Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	return parse(path, data)
}

func unreadable(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return Errors{{File: path, Message: "the scenario cannot be read: " + err.Error()}}
}

// Parse reads the text of a scenario file. The name stands in messages, and its
// folder is what relative paths start from. The error is an [Errors].
func Parse(name string, data []byte) (*Scenario, error) {
	s, faults := parse(name, data)
	if faults != nil {
		return nil, sorted(faults)
	}
	return s, nil
}

// parse reads the text of a file. With faults, the scenario is what could be read
// of it; nil when that is nothing.
func parse(name string, data []byte) (*Scenario, []*FileError) {
	if len(data) > maxFileBytes {
		return nil, []*FileError{{File: name, Message: "the file is larger than 4 MiB; keep what was recorded on a tape"}}
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	r := &reader{source: newSource(name, text)}
	root, fault := parseTree(r.source, text)
	if fault != nil {
		return nil, []*FileError{fault}
	}
	s := r.scenario(root)
	if r.faults != nil {
		return s, r.faults
	}
	r.lint(root, s)
	s.Warnings = r.warnings
	return s, nil
}
