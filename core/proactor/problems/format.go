package problems

import (
	"fmt"
	"strings"
)

// Format lists errors, one below the other, each with its number: "1 / 2: text".
// Further lines of a text are indented. It never panics, whatever the errors
// are: one that is nil, or whose Error panics, is told as such.
func Format(errs []error) string {
	lines := make([]string, len(errs))
	for i, err := range errs {
		lines[i] = numbered(i+1, len(errs), err)
	}
	return strings.Join(lines, "\n")
}

func numbered(n, total int, err error) string {
	return fmt.Sprintf("%d / %d: %s", n, total, strings.ReplaceAll(text(err), "\n", "\n  "))
}

// text is what an error says of itself, if it can.
func text(err error) (s string) {
	if err == nil {
		return "no error"
	}
	defer func() {
		if recover() != nil {
			s = fmt.Sprintf("an error of type %T that cannot say what it is", err)
		}
	}()
	return err.Error()
}
