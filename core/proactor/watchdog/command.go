package watchdog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

const (
	// DefaultCommandTimeout is how long a Command may take. It is hubtape's own
	// choice: less than a watchdog's DefaultEvery.
	DefaultCommandTimeout = 5 * time.Second

	// outputWait is how long what a Command has left behind may keep its output
	// open.
	outputWait = time.Second
	// saidBytesMax is how much of the output an error shows.
	saidBytesMax = 200
)

// Command is an External that runs a program, systemd-notify for one. It is safe
// from any goroutine.
type Command struct {
	// Args are the program, by name or path, and its arguments; see
	// [Service.PatArgs]. None: nothing is run, and every pat succeeds.
	Args []string
	// Timeout is the machine's time after which the program is killed.
	// 0 or below: DefaultCommandTimeout.
	Timeout time.Duration
}

// Pat runs the program. It is an error that it cannot be started, has not ended
// with status 0 by the timeout, or ctx has ended before.
func (c Command) Pat(ctx context.Context) error {
	if len(c.Args) == 0 {
		return nil
	}
	limit := c.Timeout
	if limit <= 0 {
		limit = DefaultCommandTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it has not ended within %v and was killed", limit))
	defer cancel()
	var said head
	cmd := exec.CommandContext(ctx, c.Args[0], c.Args[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, outputWait
	err := cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return fmt.Errorf("pat the external watchdog by %q: %w", strings.Join(c.Args, " "), errors.Join(err, said.err()))
}

// head keeps the beginning of what is written to it.
type head struct{ kept []byte }

func (h *head) Write(p []byte) (int, error) {
	h.kept = append(h.kept, p[:min(len(p), saidBytesMax-len(h.kept))]...)
	return len(p), nil
}

// err is what was said, nil if nothing was.
func (h *head) err() error {
	if text := bytes.TrimSpace(h.kept); len(text) > 0 {
		return fmt.Errorf("it said %q", text)
	}
	return nil
}
