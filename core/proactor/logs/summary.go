package logs

import (
	"fmt"
	"strings"
)

// Message ids longer than this are cut in summaries.
const (
	idLenMax = 11
	idHead   = 8
)

// Summary is the line of one message: the direction and its arrow, who sent or
// got it, the topic, the payload's type and the beginning of the message's id.
//
//	SND    -> s                    [gw/s/to/a/power-watts]  power.watts  8d5c1f3a...
func Summary(direction, source, topic, payloadType, id string) string {
	if len(id) > idLenMax {
		id = id[:idHead] + "..."
	}
	line := fmt.Sprintf("%-6s %-2s %-20s [%s]  %s  %s", direction, arrow(direction), source, topic, payloadType, id)
	return strings.TrimRight(line, " ")
}

func arrow(direction string) string {
	switch {
	case strings.HasPrefix(direction, "OUT"), strings.HasPrefix(direction, "SND"):
		return "->"
	case strings.HasPrefix(direction, "IN"), strings.HasPrefix(direction, "RCV"):
		return "<-"
	}
	return "?"
}

// MessageSummary logs the line of one message.
func (l *Logs) MessageSummary(direction, source, topic, payloadType, id string) {
	if c := l.categories[0]; c.Enabled(Info) {
		c.Log.Info(Summary(direction, source, topic, payloadType, id))
	}
}

// What stands around the lines of one message's path.
var (
	entryDelimiter = strings.Repeat("+", 88)
	exitDelimiter  = strings.Repeat("-", 88)
)

// Path logs a step of a message's way through the program.
func (l *Logs) Path(text string, args ...any) { l.categories[0].Log.Debug(text, args...) }

// Enter begins a message's path.
func (l *Logs) Enter(text string, args ...any) {
	l.Path(entryDelimiter)
	l.Path(text, args...)
}

// Exit ends it.
func (l *Logs) Exit(text string, args ...any) {
	l.Path(text, args...)
	l.Path(exitDelimiter)
}
