package command

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format"
	"github.com/hubtape/hubtape/recorder/format/pcap"
)

// The exit codes of all programs.
const (
	OK      = 0
	Failed  = 1 // an expectation failed, a difference or damage was found
	Usage   = 2 // wrong usage, or a file that cannot be understood
	Outside = 3 // the world outside failed
)

// Error is an error whose exit code is known where it was made. An empty Text
// says nothing more to the user.
type Error struct {
	Code int
	Text string
}

func (e *Error) Error() string { return e.Text }

// Usagef is an error of wrong usage.
func Usagef(msg string, args ...any) error {
	return &Error{Code: Usage, Text: fmt.Sprintf(msg, args...)}
}

// Exit is an error that only gives the exit code: all was said already. Exit(OK)
// is nil.
func Exit(code int) error {
	if code == OK {
		return nil
	}
	return &Error{Code: code}
}

// IsSilent reports whether an error is one of Exit.
func IsSilent(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Text == ""
}

// understood are errors of files and words that were read, not of the world.
var understood = []error{
	recorder.ErrNotTape, recorder.ErrVersion, recorder.ErrExists, recorder.ErrQuery, recorder.ErrKind, recorder.ErrRecord,
	recorder.ErrTimeBack, mqtt.ErrFilter, mqtt.ErrTopic, format.ErrUnknown, format.ErrUndetected,
	format.ErrDirection, format.ErrBinary, format.ErrTemplate, pcap.ErrNotCapture, pcap.ErrTruncated, pcap.ErrDamaged, conn.ErrAddress, conn.ErrOptions, fs.ErrNotExist,
}

// Code sorts an error into the exit codes. Errors that are neither known here
// nor among own, which are of wrong usage too, are the world's.
func Code(err error, own ...error) int {
	var e *Error
	var damage *recorder.DamageError
	var line *format.LineError
	switch {
	case err == nil:
		return OK
	case errors.As(err, &e):
		return e.Code
	case errors.As(err, &damage), errors.As(err, &line):
		return Usage
	}
	for _, list := range [][]error{understood, own} {
		for _, u := range list {
			if errors.Is(err, u) {
				return Usage
			}
		}
	}
	return Outside
}

// OneSentence keeps an error on one line.
func OneSentence(err error) string {
	s := err.Error()
	if errors.Is(err, fs.ErrNotExist) {
		s = strings.ReplaceAll(s, fs.ErrNotExist.Error(), "there is no such file")
		s = strings.ReplaceAll(s, "no such file or directory", "there is no such file or folder")
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
