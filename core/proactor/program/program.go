package program

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/logs"
	"github.com/hubtape/hubtape/core/proactor/settings"
	"github.com/hubtape/hubtape/core/proactor/watchdog"
)

// Options say which program it is.
type Options struct {
	// Name is the program's: of its folders, its app and its variables, which
	// begin with it in upper case unless Prefix says otherwise. Required.
	Name string
	// Prefix is how the names of its variables begin; "": PROACTOR.
	Prefix string
	// Defaults changes the default settings; nil: they are settings.Default's.
	Defaults func(*settings.Settings)
	// Make says what the proactor is made of, by settings that were read. What is
	// about settings, logs, store and service manager is filled in where it is
	// empty. Required.
	Make func(s *settings.Settings) (proactor.Options, error)
	// Stdout gets what a dry run prints, Stderr errors and log lines; nil: those
	// of the process.
	Stdout, Stderr io.Writer
}

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the proactor ended with an error: start it again
	exitUsage  = 2 // arguments or settings cannot be used: starting it again does not help
)

// flags are the arguments.
type flags struct {
	envFile        string
	dryRun         bool
	verbose        bool
	messageSummary bool
}

// Main runs the program until ctx is done, SIGINT or SIGTERM comes, or the
// proactor ends, and returns the exit code: 0 when it was told to end, 1 when it
// failed, 2 when it was told something that it cannot do.
func Main(ctx context.Context, args []string, o Options) int {
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Prefix == "" {
		o.Prefix = "PROACTOR"
	}
	f, err := o.parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage // it has been told
	}
	s, report, err := o.settings(f)
	if err != nil {
		return o.say(exitUsage, err)
	}
	for _, unknown := range report.Unknown {
		o.say(exitOK, errors.New(unknown)) // it does no harm, and may be mistyped
	}
	if f.dryRun {
		fmt.Fprint(o.Stdout, report)
		return o.missing(s)
	}
	if code := o.missing(s); code != exitOK {
		return code
	}
	return o.run(ctx, s)
}

func (o Options) say(code int, err error) int {
	fmt.Fprintf(o.Stderr, "%s: %v\n", o.Name, err)
	return code
}

func (o Options) parse(args []string) (f flags, err error) {
	set := flag.NewFlagSet(o.Name, flag.ContinueOnError)
	set.SetOutput(o.Stderr)
	set.StringVar(&f.envFile, "env-file", "", "a `FILE` of variables; without it .env, where there is one")
	set.BoolVar(&f.dryRun, "dry-run", false, "print the settings and where each comes from, and exit")
	set.BoolVar(&f.verbose, "verbose", false, "log more, and each message's way")
	set.BoolVar(&f.messageSummary, "message-summary", false, "log a line for each message")
	set.Usage = func() {
		fmt.Fprintf(o.Stderr, "%s [--env-file FILE] [--dry-run] [--verbose | --message-summary]\n\n"+
			"Settings are variables that begin with %s_, as %[2]s_ACK_TIMEOUT_SECONDS=5 and\n"+
			"%[2]s_LINKS__PARENT__PEER_LONG_NAME=hw1; --dry-run lists them all.\n\n", o.Name, o.Prefix)
		set.PrintDefaults()
		fmt.Fprintf(o.Stderr, "\nexit: 0 told to end, 1 failed, 2 arguments or settings that cannot be used\n")
	}
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if set.NArg() > 0 {
		err := fmt.Errorf("%q is no argument of this program; --help lists them", set.Arg(0))
		o.say(exitUsage, err)
		return f, err
	}
	return f, nil
}

// variables reads the file of variables. One that was named has to be there.
func (f flags) variables() (settings.EnvFile, error) {
	if f.envFile == "" {
		return settings.ReadEnvFile(".env")
	}
	if _, err := os.Stat(f.envFile); err != nil {
		return settings.EnvFile{}, err
	}
	return settings.ReadEnvFile(f.envFile)
}

func (o Options) settings(f flags) (*settings.Settings, settings.Report, error) {
	s := settings.Default()
	s.Paths.Name = o.Name
	if o.Defaults != nil {
		o.Defaults(&s)
	}
	file, err := f.variables()
	if err != nil {
		return nil, settings.Report{}, fmt.Errorf("the file of variables: %w", err)
	}
	report, err := settings.Load(&s, settings.Sources{Prefix: o.Prefix, Environ: settings.Environ(), Files: []settings.EnvFile{file}})
	if err != nil {
		return nil, report, err
	}
	levels := s.Logging.LogLevels()
	if f.messageSummary {
		levels = levels.Summaries()
	}
	if f.verbose {
		levels = levels.Verbose()
	}
	s.Logging.Level, s.Logging.Levels.MessageSummary = levels.General, levels.MessageSummary
	return &s, report, nil
}

// missing tells of TLS files that brokers need and that are not there.
func (o Options) missing(s *settings.Settings) int {
	code := exitOK
	for _, m := range s.MissingTLSFiles(settings.FileExists) {
		code = o.say(exitUsage, fmt.Errorf("broker %q: %s: there is no file %s: put it there, name another, or set %s_MQTT_BROKERS__%s__TLS__USE_TLS=false",
			m.Broker, m.Setting, m.Path, o.Prefix, strings.ToUpper(m.Broker)))
	}
	return code
}

func (o Options) run(ctx context.Context, s *settings.Settings) int {
	made, err := o.Make(s)
	if err != nil {
		return o.say(exitUsage, err)
	}
	notify, err := watchdog.NewNotify()
	if err != nil {
		return o.say(exitUsage, err)
	}
	o.complete(&made, s)
	if made.External == nil && notify.Watchdog() > 0 {
		made.External = notify
		made.WatchdogEvery = min(cmp.Or(made.WatchdogEvery, watchdog.DefaultEvery), notify.Watchdog()/3)
	}
	p, err := proactor.New(made)
	if err != nil {
		return o.say(exitUsage, err)
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Connections are called by the name that peers know: it is unlike those of other
	// houses at the same broker. The proactor logs to the screen itself.
	err = core.Run(ctx, &told{p, notify}, core.RunOptions{Name: made.Name, Log: slog.DiscardHandler})
	switch {
	case errors.Is(err, proactor.ErrOptions):
		return o.say(exitUsage, err)
	case err != nil:
		return o.say(exitFailed, err)
	}
	return exitOK
}

// complete fills in what Make has left to the settings.
func (o Options) complete(made *proactor.Options, s *settings.Settings) {
	made.Settings = s
	if made.Logs.Screen == nil {
		made.Logs.Screen = o.Stderr
	}
	if made.Logs.File.Path == "" && s.Logging.File.Name != "" {
		made.Logs.File = logs.FileOptions{
			Path: filepath.Join(s.Paths.Logs, s.Logging.File.Name), BytesMax: s.Logging.File.BytesMax, CountMax: s.Logging.File.CountMax,
		}
	}
	if made.Listen == nil {
		made.Listen = net.Listen
	}
	if made.Store == nil {
		made.Store = openStore(filepath.Join(s.Paths.Events, "events.db"))
	}
}
