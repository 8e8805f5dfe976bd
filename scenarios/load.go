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
func Load(path string) (*Scenario, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, unreadable(path, err)
	}
	return Parse(path, data)
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
	if len(data) > maxFileBytes {
		return nil, Errors{{File: name, Message: "the file is larger than 4 MiB; keep what was recorded on a tape"}}
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	r := &reader{source: newSource(name, text)}
	root, fault := parseTree(r.source, text)
	if fault != nil {
		return nil, Errors{fault}
	}
	s := r.scenario(root)
	if err := sorted(r.faults); err != nil {
		return nil, err
	}
	r.lint(root, s)
	s.Warnings = r.warnings
	return s, nil
}
