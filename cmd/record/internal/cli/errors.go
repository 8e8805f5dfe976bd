package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder/capture"
	"github.com/hubtape/hubtape/recorder/compare"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/hubtape/hubtape/recorder/redact"
	"github.com/hubtape/hubtape/recorder/splice"
)

func usagef(msg string, args ...any) error { return command.Usagef(msg, args...) }

func oneSentence(err error) string { return command.OneSentence(err) }

// exitCode sorts an error into the codes that the program promises.
func exitCode(err error) int {
	var safe *safeError
	if errors.Is(err, capture.ErrConnect) || errors.As(err, &safe) {
		return command.Outside // whatever it was, it worked when the recording began
	}
	return command.Code(err, capture.ErrOptions, deck.ErrOptions, redact.ErrRules, compare.ErrOptions, splice.ErrFar, hub.ErrOptions, hub.ErrUsers)
}

// worst is the error of several that counts most, all of which were printed.
func worst(errs []error) error {
	code := command.OK
	for _, err := range errs {
		code = max(code, exitCode(err))
	}
	return command.Exit(code)
}

// told is an error as it is printed: faults of a file with rules with the lines
// that they stand in, all else as one sentence.
func told(err error) string {
	var faults redact.Errors
	if errors.As(err, &faults) {
		return strings.TrimRight(faults.Error(), "\n")
	}
	return oneSentence(err)
}

// safeError is an error that ended a recording, and what is safe of it.
type safeError struct {
	err      error
	messages uint64
	path     string
}

func (e *safeError) Error() string {
	if errors.Is(e.err, deck.ErrGone) {
		return e.err.Error()
	}
	return fmt.Sprintf("%v; of %s, those that came up to about two seconds before are safe in %s", e.err, command.Count(int(e.messages), "message"), e.path)
}

func (e *safeError) Unwrap() error { return e.err }
