package simtest

import "strings"

// logKept is how many of the last lines of a run's log are kept.
const logKept = 20

// logTail keeps the last lines that the apps logged. slog's handlers write a line
// at a time.
type logTail struct{ last []string }

func (t *logTail) Write(line []byte) (int, error) {
	if len(t.last) == logKept {
		t.last = append(t.last[:0], t.last[1:]...)
	}
	t.last = append(t.last, strings.TrimRight(string(line), "\n"))
	return len(line), nil
}
