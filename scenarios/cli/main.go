package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
)

// Options say what a simrun has in it and what it talks to. The zero value is
// usable.
type Options struct {
	// Name is what the program is called in its texts, and in the commands that
	// repeat a failure; "": how this process was started.
	Name string
	// Apps are the automations that scenario files may name.
	Apps []scenarios.Entry
	// Library has the scenarios that run when no path is given, with their
	// tapes, in folders; nil: there are none. Its files are called
	// library/FOLDER/FILE.yaml, and may be asked for by these names.
	Library fs.FS

	Stdin  io.Reader // nil: os.Stdin
	Stdout io.Writer // nil: os.Stdout
	Stderr io.Writer // nil: os.Stderr
}

// Main is simrun with these automations in it. It does not return.
func Main(apps ...scenarios.Entry) { MainWith(Options{Apps: apps}) }

// MainWith is Main with all options. SIGINT and SIGTERM stop the run; a second
// one ends the program at once.
func MainWith(o Options) {
	ctx, stop := signalContext()
	code := Run(ctx, os.Args[1:], o)
	stop()
	os.Exit(code)
}

// Run runs simrun with these arguments and returns its exit code. When ctx is
// done the run stops; with a cause of [ErrTerminated] the code is 143, else 130.
func Run(ctx context.Context, args []string, o Options) int {
	a := newApp(o)
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && !command.IsSilent(err) {
		a.tell(err)
	}
	return exitCode(err)
}

// ErrTerminated is the cause of a context that SIGTERM ended.
var ErrTerminated = errors.New("terminated")

// The exit codes of a run that was stopped.
const (
	exitInterrupted = 130
	exitTerminated  = 143
)

// stoppedCode is the exit code of a run that its context stopped.
func stoppedCode(ctx context.Context) int {
	if errors.Is(context.Cause(ctx), ErrTerminated) {
		return exitTerminated
	}
	return exitInterrupted
}

// signalContext is done at the first SIGINT or SIGTERM; after it these end the
// process, as they do by default.
func signalContext() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case s := <-signals:
			signal.Stop(signals)
			cause := context.Canceled
			if s == syscall.SIGTERM {
				cause = ErrTerminated
			}
			cancel(cause)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
		<-done
	}
}

// app is what the commands share.
type app struct {
	command.Streams
	Options
	logging command.Logging
	colour  bool // Out is a terminal that shows colours
}

func newApp(o Options) *app {
	if o.Name == "" {
		o.Name = programName()
	}
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	a := &app{Options: o}
	a.Streams = command.Streams{In: o.Stdin, Out: o.Stdout, Err: o.Stderr, Terminal: command.IsTerminal(o.Stderr)}
	a.colour = command.IsTerminal(o.Stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return a
}

// programName is how this process was started, in a way that can be typed again.
func programName() string {
	name := os.Args[0]
	if strings.Contains(name, "go-build") { // go run
		name = filepath.Base(name)
	}
	return strings.TrimSuffix(name, ".exe")
}

// tell writes an error as one sentence.
func (a *app) tell(err error) {
	fmt.Fprintf(a.Err, "%s: %s\n", filepath.Base(a.Name), command.OneSentence(err))
}
