package broker

import (
	"context"
	"log/slog"
)

// mochiLog is what mochi writes its log to. It leaves out packets, which hold
// passwords and payloads, and notices what mochi tells nowhere else: a message
// that it does not deliver because too many are not acknowledged.
type mochiLog struct {
	to      slog.Handler
	dropped func(clientID, reason string)
}

var _ slog.Handler = mochiLog{}

// drops are mochi's words for a message that is lost to one client.
var drops = map[string]string{
	"client store quota reached": "too many messages to the client are not acknowledged",
	"packet ids exhausted":       "all packet ids are in use by messages to the client that are not acknowledged",
}

// Enabled is true for warnings always, since drops are among them.
func (l mochiLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn || l.to.Enabled(ctx, level)
}

// Handle passes a line on.
func (l mochiLog) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	client := ""
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "client" {
			client = a.Value.String()
		}
		if keep(a) {
			clean.AddAttrs(a)
		}
		return true
	})
	if reason, ok := drops[r.Message]; ok {
		l.dropped(client, reason)
	}
	if !l.to.Enabled(ctx, r.Level) {
		return nil
	}
	return l.to.Handle(ctx, clean)
}

func keep(a slog.Attr) bool { return a.Key != "pk" && a.Key != "packet" }

// WithAttrs is for mochi's own use.
func (l mochiLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	var kept []slog.Attr
	for _, a := range attrs {
		if keep(a) {
			kept = append(kept, a)
		}
	}
	return mochiLog{to: l.to.WithAttrs(kept), dropped: l.dropped}
}

// WithGroup is for mochi's own use.
func (l mochiLog) WithGroup(name string) slog.Handler {
	return mochiLog{to: l.to.WithGroup(name), dropped: l.dropped}
}
