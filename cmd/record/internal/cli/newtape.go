package cli

import (
	"errors"
	"os"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// makeTape makes a tape by a function that fills it. After an error nothing is
// left of it.
func makeTape(path string, o recorder.Options, fill func(*recorder.Writer) error) error {
	o.Program = version()
	w, err := recorder.Create(path, o)
	if err != nil {
		return err
	}
	err = fill(w)
	if err = errors.Join(err, w.Close()); err != nil {
		_ = os.Remove(path)
		_ = os.Remove(path + recorder.LogSuffix)
	}
	return err
}

// openAll opens tapes; close closes those that were opened.
func openAll(paths []string) (tapes []*recorder.Tape, close func(), err error) {
	close = func() {
		for _, t := range tapes {
			_ = t.Close()
		}
	}
	for _, p := range paths {
		t, err := recorder.Open(p)
		if err != nil {
			close()
			return nil, func() {}, err
		}
		tapes = append(tapes, t)
	}
	return tapes, close, nil
}

// outTape wants -o.
func outTape(command, out string) error {
	if out == "" {
		return usagef("%s needs -o FILE, the tape to make", command)
	}
	return nil
}

// startOf is the start of a tape for the options of another.
func startOf(i recorder.Info) (start time.Time) {
	if i.Start.UnixNano() != 0 {
		start = i.Start
	}
	return start
}
