package command

import (
	"io"
	"log/slog"

	"github.com/spf13/cobra"
)

// Logging are the flags --log-level and --log-format.
type Logging struct{ level, format string }

// Register adds the flags to a command and those below it.
func (l *Logging) Register(cmd *cobra.Command) {
	f := cmd.PersistentFlags()
	f.StringVar(&l.level, "log-level", "info", "debug, info, warn or error")
	f.StringVar(&l.format, "log-format", "text", "text or json")
}

// Logger makes the log that the flags ask for.
func (l *Logging) Logger(w io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.level)); err != nil {
		return nil, Usagef("--log-level %q is none of debug, info, warn and error", l.level)
	}
	o := &slog.HandlerOptions{Level: level}
	switch l.format {
	case "text":
		return slog.New(slog.NewTextHandler(w, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, o)), nil
	}
	return nil, Usagef("--log-format %q is neither text nor json", l.format)
}
