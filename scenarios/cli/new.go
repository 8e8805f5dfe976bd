package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/hubtape/hubtape/scenarios/cli/internal/draft"
	"github.com/spf13/cobra"
)

const newLong = `new writes a scenario from a tape to standard output. What it writes has been run
and passes as it stands; where it cannot, the file and standard error say why,
and the exit code is 1.

With --app, the automation is fed the tape and expected to say what the tape has.
Which topics the automation of that day wrote to is guessed: Zigbee2MQTT, Homie
and evcc take commands on …/set, Tasmota on cmnd/…, Shelly on …/command and
…/rpc, Home Assistant and ESPHome on …/command, Victron on W/…; --outputs says it
instead. The scenario begins with a message that the automation answers, which is
found by leaving topics out of the tape until it is silent, and the answer.

Without --app the scenario expects some messages of the tape itself: changes of
state, a command and its answer. It is a frame to put an automation into, and
suggests, as comments, the devices that answered on the tape and how fast.

Of a tape with more than 200,000 messages the beginning is played.`

func (a *app) newCommand() *cobra.Command {
	var o draft.Options
	cmd := &cobra.Command{
		Use:   "new TAPE",
		Short: "Write a scenario from a tape",
		Long:  newLong,
		Example: `  simrun new evening.hubtape > evening.yaml
  simrun new evening.hubtape --app hallway-light > hallway.yaml
  simrun new evening.hubtape --app hallway-light --outputs 'zigbee2mqtt/hall_light/set' > hallway.yaml`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return command.Usagef("new wants one tape, and got %d arguments; see `%s new --help`", len(args), a.Name)
			}
			o.Tape = args[0]
			return a.newScenario(o)
		},
	}
	cmd.Flags().StringVar(&o.App, "app", "", "the automation to run; see `simrun apps`")
	cmd.Flags().StringArrayVar(&o.Outputs, "outputs", nil, "the topics the old automation wrote to, as a `filter`; may be given again (default: guessed)")
	_ = cmd.RegisterFlagCompletionFunc("app", cobra.FixedCompletions(scenarios.Names(a.Apps), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// newScenario writes a scenario.
func (a *app) newScenario(o draft.Options) error {
	if names := scenarios.Names(a.Apps); o.App != "" && !slices.Contains(names, o.App) {
		hint := "see `" + a.Name + " apps`"
		if near, ok := didyoumean.Nearest(o.App, names); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return command.Usagef("this binary has no automation %q; %s", o.App, hint)
	}
	o.Apps, o.Run = a.Apps, a.runGuarded
	d, err := draft.New(o)
	if err != nil {
		return newError(err)
	}
	if _, err := io.WriteString(a.Out, d.Text); err != nil {
		return err
	}
	for _, w := range d.Warnings {
		fmt.Fprintln(a.Err, "warning:", w)
	}
	if d.Problem != "" {
		return &command.Error{Code: command.Failed, Text: "the scenario does not pass as it stands: " + d.Problem + "; set its params or its timezone, or change the scenario"}
	}
	return nil
}

// newError gives an error of wrong words its exit code.
func newError(err error) error {
	for _, own := range []error{draft.ErrExtension, draft.ErrEmpty, draft.ErrNoMatch, draft.ErrNeedsApp} {
		if errors.Is(err, own) {
			return command.Usagef("%v", err)
		}
	}
	return err
}

// runGuarded is Scenario.Run that outlives a constructor.
func (a *app) runGuarded(s *scenarios.Scenario, o scenarios.RunOptions) (r *scenarios.Result) {
	if err := guard(defaultTimeout, func() { r = s.Run(a.Apps, o) }); err != nil {
		r = &scenarios.Result{Scenario: s, Status: scenarios.Error, Err: err}
	}
	return r
}
