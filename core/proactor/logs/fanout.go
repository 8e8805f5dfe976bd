package logs

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// stamp puts a clock's time on each record.
type stamp struct {
	slog.Handler
	now func() time.Time // nil: the records' own
}

func (s *stamp) Handle(ctx context.Context, r slog.Record) error {
	if s.now != nil {
		r.Time = s.now()
	}
	return s.Handler.Handle(ctx, r)
}

func (s *stamp) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &stamp{s.Handler.WithAttrs(attrs), s.now}
}

func (s *stamp) WithGroup(name string) slog.Handler {
	return &stamp{s.Handler.WithGroup(name), s.now}
}

// fanout hands each record to all of them.
type fanout []slog.Handler

func (f fanout) Enabled(ctx context.Context, level slog.Level) bool {
	for _, h := range f {
		if h.Enabled(ctx, level) {
			return true
		}
	}
	return false
}

func (f fanout) Handle(ctx context.Context, r slog.Record) error {
	faults := make([]error, len(f))
	for i, h := range f {
		faults[i] = h.Handle(ctx, r.Clone())
	}
	return errors.Join(faults...)
}

func (f fanout) WithAttrs(attrs []slog.Attr) slog.Handler {
	return f.each(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

func (f fanout) WithGroup(name string) slog.Handler {
	return f.each(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}

func (f fanout) each(with func(slog.Handler) slog.Handler) fanout {
	all := make(fanout, len(f))
	for i, h := range f {
		all[i] = with(h)
	}
	return all
}
