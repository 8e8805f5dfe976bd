package logs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
)

// The names of the categories that are always there.
const (
	MessageSummary = "message_summary"
	Lifecycle      = "lifecycle"
	CommEvent      = "comm_event"
)

// Returned by Add, wrapped.
var (
	ErrNameEmpty = errors.New("a category needs a name")
	ErrTaken     = errors.New("the category is there already")
)

// Options of a log.
type Options struct {
	// Base is the name of the general log, and the categories' prefix. Zero:
	// "gridworks".
	Base string
	// Levels are those at the start. Nil: DefaultLevels.
	Levels *Levels
	// Screen is where people read along. Nil: nowhere.
	Screen io.Writer
	// Handler gets all lines too, such as those of the program around a proactor.
	// Nil: there is none.
	Handler slog.Handler
	// File rolls over. Without a Path there are no files.
	File FileOptions
	// Fallback gets the faults of setting up when there is neither screen nor
	// file to log them to. Nil: nowhere.
	Fallback io.Writer
	// JSON writes lines of JSON in place of text.
	JSON bool
	// Now is the time on the lines. Nil: the time that records have, which slog
	// reads from the machine.
	Now func() time.Time
}

// Logs is a log with its categories. Loggers may be used from any goroutine;
// Add, Category and Close belong to one task.
type Logs struct {
	base       string
	handler    slog.Handler // of all levels
	general    *Category
	categories []*Category
	file       io.Closer
}

// Open sets a log up. It always returns one that works as far as it can: a file
// that cannot be opened is in the error, and is logged to the screen, or failing
// that written to the Fallback.
func Open(o Options) (*Logs, error) {
	if o.Base == "" {
		o.Base = "gridworks"
	}
	if o.Levels == nil {
		levels := DefaultLevels()
		o.Levels = &levels
	}
	l := &Logs{base: o.Base}
	var handlers fanout
	if o.Screen != nil {
		handlers = append(handlers, o.handler(o.Screen))
	}
	if o.Handler != nil {
		handlers = append(handlers, o.Handler)
	}
	var fault error
	if o.File.Path != "" {
		var file *File
		if file, fault = OpenFile(o.File); fault == nil {
			l.file = file
			handlers = append(handlers, o.handler(file))
		}
	}
	l.handler = &stamp{handlers, o.Now}
	l.general = l.category("", o.Levels.General)
	l.categories = []*Category{
		l.category(MessageSummary, o.Levels.MessageSummary),
		l.category(Lifecycle, o.Levels.Lifecycle),
		l.category(CommEvent, o.Levels.CommEvent),
	}
	l.tell(fault, len(handlers) > 0, o.Fallback)
	return l, fault
}

func (o Options) handler(w io.Writer) slog.Handler {
	all := &slog.HandlerOptions{Level: All, ReplaceAttr: levelName}
	if o.JSON {
		return slog.NewJSONHandler(w, all)
	}
	return slog.NewTextHandler(w, all)
}

// levelName writes levels by our names: slog would say WARN, and ERROR+4.
func levelName(groups []string, a slog.Attr) slog.Attr {
	if level, ok := a.Value.Any().(slog.Level); ok && len(groups) == 0 && a.Key == slog.LevelKey {
		a.Value = slog.StringValue(Level(level).String())
	}
	return a
}

// tell reports a fault of setting up where somebody may see it.
func (l *Logs) tell(fault error, logged bool, fallback io.Writer) {
	switch {
	case fault == nil:
	case logged:
		l.General().Error("the log is not complete", "error", fault)
	case fallback != nil:
		_, _ = fmt.Fprintf(fallback, "there is no log: %v\n", fault) // there is nowhere left to complain
	}
}

// General is the log of what belongs to no category.
func (l *Logs) General() *slog.Logger { return l.general.Log }

// Lifecycle is for what starts, stops and changes its state.
func (l *Logs) Lifecycle() *slog.Logger { return l.categories[1].Log }

// CommEvent is for what happens to links.
func (l *Logs) CommEvent() *slog.Logger { return l.categories[2].Log }

// Categories returns the general log and all categories, as they were added.
func (l *Logs) Categories() []*Category {
	return append([]*Category{l.general}, l.categories...)
}

// Category returns one by its name, with or without the base name before it; the
// base name alone is the general log.
func (l *Logs) Category(name string) (*Category, bool) {
	name = l.short(name)
	for _, c := range l.Categories() {
		if c.short == name {
			return c, true
		}
	}
	return nil, false
}

// short is a category's name without the base; "" is the general log's.
func (l *Logs) short(name string) string {
	if name == l.base {
		return ""
	}
	return strings.TrimPrefix(name, l.base+".")
}

// Add adds a category at the level, or returns the one that has that name, as it
// is. The error is ErrNameEmpty.
func (l *Logs) Add(name string, level Level) (*Category, error) {
	if l.short(name) == "" {
		return nil, ErrNameEmpty
	}
	if c, ok := l.Category(name); ok {
		return c, nil
	}
	c := l.category(l.short(name), level)
	l.categories = append(l.categories, c)
	return c, nil
}

// AddLogger adds a category that logs with somebody else's logger, at the level
// that this has. The error is ErrNameEmpty or ErrTaken.
func (l *Logs) AddLogger(name string, log *slog.Logger) (*Category, error) {
	if l.short(name) == "" {
		return nil, ErrNameEmpty
	}
	if _, ok := l.Category(name); ok {
		return nil, fmt.Errorf("%q: %w", name, ErrTaken)
	}
	c := newCategory(l.base, l.short(name), log.Handler(), levelOf(log))
	l.categories = append(l.categories, c)
	return c, nil
}

func (l *Logs) category(short string, level Level) *Category {
	c := newCategory(l.base, short, l.handler, level)
	c.Log = c.Log.With("log", c.Name)
	return c
}

// levelOf is the lowest level that a logger lets through.
func levelOf(log *slog.Logger) Level {
	for level := All; level < Critical; level++ {
		if log.Enabled(context.Background(), slog.Level(level)) {
			return level
		}
	}
	return Critical
}

// Close closes the files. The log may still be used; what is logged then is not
// kept in them.
func (l *Logs) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}
