package logs

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/hubtape/hubtape/internal/didyoumean"
)

// Level is how much is logged. Zero: Info. In text it is a name in any case, or
// a number on the scale that GridWorks' settings are written in: 10 is DEBUG,
// 20 INFO, 30 WARNING, 40 ERROR, 50 CRITICAL; what lies between them is in
// proportion, and 0 is everything. What String says, as INFO+1, is read too.
type Level slog.Level

// The levels.
const (
	All      Level = -8
	Debug    Level = Level(slog.LevelDebug)
	Info     Level = Level(slog.LevelInfo)
	Warning  Level = Level(slog.LevelWarn)
	Error    Level = Level(slog.LevelError)
	Critical Level = 12
)

var levelNames = []struct {
	name  string
	level Level
}{
	{"NOTSET", All},
	{"DEBUG", Debug},
	{"INFO", Info},
	{"WARNING", Warning},
	{"ERROR", Error},
	{"CRITICAL", Critical},
	{"WARN", Warning},
	{"FATAL", Critical},
}

// ParseLevel reads a level's name or number.
func ParseLevel(text string) (Level, error) {
	var names []string
	for _, n := range levelNames {
		if strings.EqualFold(n.name, text) {
			return n.level, nil
		}
		names = append(names, n.name)
	}
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n <= numberMax {
		return fromNumber(n), nil
	}
	var between slog.Level
	if err := between.UnmarshalText([]byte(text)); err == nil && between >= slog.Level(All) && between <= slog.Level(fromNumber(numberMax)) {
		return Level(between), nil
	}
	return 0, fmt.Errorf("%q is no level: it is DEBUG, INFO, WARNING, ERROR, CRITICAL or a number from 0 to %d%s", text, numberMax, didyoumean.Suffix(text, names))
}

func fromNumber(n int) Level { return Level((n - infoNumber) * levelsPerStep / numbersPerStep) }

// The scale of the numbers: from one level to the next they count 10, and slog
// counts 4.
const (
	numberMax      = 1000
	infoNumber     = 20
	numbersPerStep = 10
	levelsPerStep  = int(slog.LevelWarn - slog.LevelInfo)
)

// Level makes it a slog.Leveler.
func (l Level) Level() slog.Level { return slog.Level(l) }

// String is the level's name; between two names it is slog's, as INFO+1.
func (l Level) String() string {
	for _, n := range levelNames {
		if n.level == l {
			return n.name
		}
	}
	return slog.Level(l).String()
}

// MarshalText writes the level's name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what ParseLevel reads.
func (l *Level) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLevel(string(text))
	return err
}

// Levels are those of the general log and of the categories that are always
// there.
type Levels struct{ General, MessageSummary, Lifecycle, CommEvent Level }

// DefaultLevels: warnings only, but lifecycle and comm-event from INFO on.
func DefaultLevels() Levels {
	return Levels{General: Warning, MessageSummary: Warning, Lifecycle: Info, CommEvent: Info}
}

// Verbose lets the general log say INFO, and shows each message's path.
func (l Levels) Verbose() Levels {
	l.General, l.MessageSummary = Info, Debug
	return l
}

// Summaries shows a line for each message.
func (l Levels) Summaries() Levels {
	l.MessageSummary = Info
	return l
}
