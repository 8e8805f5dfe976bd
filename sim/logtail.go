package sim

import (
	"log/slog"
	"strings"
	"time"
)

// logKept is how many of the last lines of a run's log are kept.
const logKept = 20

// LogTail keeps the last lines that apps log, with the world's instant in place
// of the date: that is what failures are told in. The zero value is ready.
type LogTail struct{ last []string }

// Handler is for Options.Log; now is the world's Now, and is not asked before
// somebody logs.
func (t *LogTail) Handler(now func() time.Duration) slog.Handler {
	return slog.NewTextHandler((*tailWriter)(t), &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.String("at", instant(now()))
		}
		return a
	}})
}

// Lines returns them, the oldest first.
func (t *LogTail) Lines() []string { return t.last }

// tailWriter takes the handler's lines, one at a time.
type tailWriter LogTail

func (t *tailWriter) Write(line []byte) (int, error) {
	if len(t.last) == logKept {
		t.last = append(t.last[:0], t.last[1:]...)
	}
	t.last = append(t.last, strings.TrimRight(string(line), "\n"))
	return len(line), nil
}
