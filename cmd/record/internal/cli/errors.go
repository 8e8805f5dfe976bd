package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/capture"
	"github.com/hubtape/hubtape/recorder/format"
)

// The exit codes.
const (
	exitOK      = 0
	exitDamage  = 1 // verify found damage
	exitUsage   = 2 // wrong usage, or a file that cannot be understood
	exitOutside = 3 // the world outside failed
)

// codeError is an error whose exit code is known where it was made. An empty
// text says nothing more to the user.
type codeError struct {
	code int
	text string
}

func (e *codeError) Error() string { return e.text }

func usagef(msg string, args ...any) error {
	return &codeError{code: exitUsage, text: fmt.Sprintf(msg, args...)}
}

func isSilent(err error) bool {
	var ce *codeError
	return errors.As(err, &ce) && ce.text == ""
}

// understood are errors of files and words that were read, not of the world.
var understood = []error{
	recorder.ErrNotTape, recorder.ErrVersion, recorder.ErrExists, recorder.ErrQuery, recorder.ErrKind, recorder.ErrRecord,
	recorder.ErrTimeBack, mqtt.ErrFilter, mqtt.ErrTopic, capture.ErrOptions, format.ErrUnknown, format.ErrUndetected,
	format.ErrDirection, format.ErrBinary, fs.ErrNotExist,
}

// exitCode sorts an error into the codes that the program promises.
func exitCode(err error) int {
	var ce *codeError
	var damage *recorder.DamageError
	var line *format.LineError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &ce):
		return ce.code
	case errors.Is(err, capture.ErrConnect):
		return exitOutside
	case errors.As(err, &damage), errors.As(err, &line):
		return exitUsage
	}
	for _, u := range understood {
		if errors.Is(err, u) {
			return exitUsage
		}
	}
	return exitOutside
}

// oneSentence keeps an error on one line.
func oneSentence(err error) string {
	s := err.Error()
	if errors.Is(err, fs.ErrNotExist) {
		s = strings.ReplaceAll(s, fs.ErrNotExist.Error(), "there is no such file")
		s = strings.ReplaceAll(s, "no such file or directory", "there is no such file or folder")
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// worst is the error of several that counts most, all of which were printed.
func worst(errs []error) error {
	code := exitOK
	for _, err := range errs {
		code = max(code, exitCode(err))
	}
	if code == exitOK {
		return nil
	}
	return &codeError{code: code}
}
