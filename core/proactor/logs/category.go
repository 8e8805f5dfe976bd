package logs

import (
	"context"
	"log/slog"
	"math"
)

// Category is a log with a level of its own.
type Category struct {
	// Name is the whole name, as gridworks.lifecycle.
	Name string
	// Log is what to log with.
	Log *slog.Logger

	short   string
	initial Level
	level   slog.LevelVar
}

// disabled is above all levels.
const disabled = slog.Level(math.MaxInt32)

func newCategory(base, short string, h slog.Handler, level Level) *Category {
	c := &Category{Name: base, short: short, initial: level}
	if short != "" {
		c.Name += "." + short
	}
	c.level.Set(slog.Level(level))
	c.Log = slog.New(&gate{h, &c.level})
	return c
}

// Level is the lowest that is logged.
func (c *Category) Level() Level { return Level(c.level.Level()) }

// SetLevel changes it, from any goroutine; a disabled category is enabled.
func (c *Category) SetLevel(level Level) { c.level.Set(slog.Level(level)) }

// Disable lets nothing through until SetLevel or Reset.
func (c *Category) Disable() { c.level.Set(disabled) }

// Reset goes back to the level that the category was added with.
func (c *Category) Reset() { c.level.Set(slog.Level(c.initial)) }

// Enabled reports whether a line of that level would be logged.
func (c *Category) Enabled(level Level) bool {
	return c.Log.Enabled(context.Background(), slog.Level(level))
}

// gate lets through what a category's level says.
type gate struct {
	slog.Handler
	level *slog.LevelVar
}

func (g *gate) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= g.level.Level() && g.Handler.Enabled(ctx, level)
}

func (g *gate) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &gate{g.Handler.WithAttrs(attrs), g.level}
}

func (g *gate) WithGroup(name string) slog.Handler {
	return &gate{g.Handler.WithGroup(name), g.level}
}
