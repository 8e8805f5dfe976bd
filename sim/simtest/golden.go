package simtest

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/golden"
)

// goldenFile is one of ExpectGolden.
type goldenFile struct {
	path    string
	options golden.Options
	heard   *golden.Recorder
	file    *golden.File // nil when it is to be written
}

// readGolden reads a golden file; of one that is not there it says how to make it.
func readGolden(path string) (*golden.File, error) {
	f, err := golden.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("the golden file %s is not there; write it with go test -hubtape.update", path)
	}
	return f, err
}

// judge compares or writes the file. It says what it has written.
func (g *goldenFile) judge(failed bool) (failures []*sim.Failure, wrote string, err error) {
	if g.file != nil {
		failures, err = g.file.Compare(g.heard.Messages(), g.options)
		return failures, "", err
	}
	if failed {
		return nil, "", nil
	}
	change, err := golden.Update(g.path, g.heard.Messages(), g.options)
	if err != nil || !change.Written {
		return nil, "", err
	}
	return nil, change.String(), nil
}
