package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/spf13/cobra"
)

// Streams are what the program talks to.
type Streams = command.Streams

// System returns the streams of this process.
func System() Streams { return command.System() }

// Main runs the program and returns its exit code. SIGINT and SIGTERM end a
// recording cleanly; a second one ends the program at once.
func Main(args []string, s Streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, args, s)
}

func run(ctx context.Context, args []string, s Streams) int {
	a := &app{Streams: s, screen: screen{out: s.Err}}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	if err != nil && !command.IsSilent(err) {
		fmt.Fprintf(s.Err, "record: %s\n", told(err))
	}
	return exitCode(err)
}

// app is what the commands share.
type app struct {
	Streams
	logging command.Logging
	log     *slog.Logger
	screen  screen
}

const rootLong = `record keeps what an MQTT hub says on a tape, and looks after tapes.

A tape is one file, like evening.hubtape. While it is recorded there is a side
log beside it (evening.hubtape-log); after a crash the two belong together.

Exit codes: 0 all well; 1 verify found damage or secrets, or diff a difference;
2 wrong usage, or a file that cannot be understood; 3 the world outside failed: no
broker, a full disk, a tape that is being recorded.`

const rootExample = `  record --broker mqtt://hub -o evening.hubtape
  record --broker mqtts://reader@hub -o z2m.hubtape --topic 'zigbee2mqtt/#' --duration 8h
  record serve --listen :1883 --users users.yaml -o house.hubtape
  record info evening.hubtape
  record show evening.hubtape --topic 'zigbee2mqtt/+/set' --from 1h --until 2h
  record export evening.hubtape -o evening.jsonl
  record import session.jsonl -o session.hubtape
  record cut evening.hubtape --from 1h --until 2h -o hour.hubtape
  record redact evening.hubtape -o public.hubtape`

func (a *app) root() *cobra.Command {
	var o runFlags
	root := &cobra.Command{
		Use:     "record",
		Short:   "Record an MQTT hub, and look after recordings",
		Long:    rootLong,
		Example: rootExample,
		Version: version(),

		SuggestionsMinimumDistance: 2,
		SilenceErrors:              true,
		SilenceUsage:               true,
		Args:                       noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().NFlag() == 0 {
				return cmd.Help()
			}
			return a.run(cmd, &o)
		},
		PersistentPreRunE: func(*cobra.Command, []string) (err error) {
			a.log, err = a.logging.Logger(&a.screen)
			return err
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%s; see `%s --help`", err, cmd.CommandPath())
	})
	root.SetVersionTemplate("{{.Version}}\n")
	a.logging.Register(root)
	o.register(root)
	root.AddCommand(a.runCommand(), a.serveCommand(), a.importCommand(), a.exportCommand(), a.infoCommand(), a.showCommand(), a.verifyCommand(), a.salvageCommand(),
		a.cutCommand(), a.mergeCommand(), a.diffCommand(), a.redactCommand())
	return root
}

// noSuchCommand is for words that are no command, with a guess at what was
// meant.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see `record --help`"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("there is no command %q; %s", args[0], hint)
}

// tapes wants so many arguments, and says what they are.
func tapes(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return usagef("%s wants %s, and got %d arguments; see `%s --help`", cmd.Name(), what, len(args), cmd.CommandPath())
		}
		return nil
	}
}

// version names this build.
func version() string { return command.Version("record") }
