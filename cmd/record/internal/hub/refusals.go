package hub

import (
	"context"
	"log/slog"
	"sync"

	"github.com/hubtape/hubtape/broker"
)

// refusedLines is how many refusals the log is told one by one in tellEvery; of
// the others only how many there were.
const refusedLines = 10

// refusals tells the log who was refused, but not as often as somebody tries.
type refusals struct {
	log *slog.Logger

	mu    sync.Mutex
	lines int // since the last tell
	more  int // refusals without a line
}

// refused is called by the broker, on the goroutines of clients.
func (h *Hub) refused(r broker.Refusal) {
	h.counts.refuse(r.Kind)
	h.refusals.add(r)
}

func (f *refusals) add(r broker.Refusal) {
	f.mu.Lock()
	full := f.lines >= refusedLines
	if full {
		f.more++
	} else {
		f.lines++
	}
	f.mu.Unlock()
	if full {
		return
	}
	args := []any{"client", r.Client, "user", r.User, "address", r.Addr}
	if r.Topic != "" {
		args = append(args, "topic", r.Topic)
	}
	f.log.Info("refused a "+r.Kind.String(), append(args, "reason", r.Reason)...)
}

// tell tells of those without a line.
func (f *refusals) tell() {
	f.mu.Lock()
	more := f.more
	f.lines, f.more = 0, 0
	f.mu.Unlock()
	if more > 0 {
		f.log.Info("refused more clients, or the same again", "times", more)
	}
}

// quiet is a log for the broker, whose warnings are about single clients: what
// matters of them is told by refusals and drops.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(quieter{log.Handler()}) }

type quieter struct{ slog.Handler }

func lower(l slog.Level) slog.Level {
	if l < slog.LevelError {
		return min(l, slog.LevelDebug)
	}
	return l
}

// Enabled is asked with the level that a line has in the end.
func (q quieter) Enabled(ctx context.Context, l slog.Level) bool {
	return q.Handler.Enabled(ctx, lower(l))
}

// Handle passes a line on, lowered.
func (q quieter) Handle(ctx context.Context, r slog.Record) error {
	r.Level = lower(r.Level)
	return q.Handler.Handle(ctx, r)
}

// WithAttrs keeps what is derived quiet too.
func (q quieter) WithAttrs(a []slog.Attr) slog.Handler { return quieter{q.Handler.WithAttrs(a)} }

// WithGroup keeps what is derived quiet too.
func (q quieter) WithGroup(name string) slog.Handler { return quieter{q.Handler.WithGroup(name)} }
