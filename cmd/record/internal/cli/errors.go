package cli

import (
	"errors"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder/capture"
)

func usagef(msg string, args ...any) error { return command.Usagef(msg, args...) }

func oneSentence(err error) string { return command.OneSentence(err) }

// exitCode sorts an error into the codes that the program promises.
func exitCode(err error) int {
	if errors.Is(err, capture.ErrConnect) {
		return command.Outside
	}
	return command.Code(err, capture.ErrOptions)
}

// worst is the error of several that counts most, all of which were printed.
func worst(errs []error) error {
	code := command.OK
	for _, err := range errs {
		code = max(code, exitCode(err))
	}
	return command.Exit(code)
}
