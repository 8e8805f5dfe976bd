package cli

import (
	"os"
	"regexp"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder/capture"
	"github.com/spf13/cobra"
)

// connFlags say which brokers, and who we are to them.
type connFlags struct {
	brokers []string
	who     command.Connection
}

func (f *connFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.brokers, "broker", nil, "`URL` of the broker: mqtt://, mqtts://, ws:// or wss://, a user may stand in it; NAME=URL, given again, records several into one tape, each with its topics below NAME/ and its password in $"+command.PasswordEnv+"_NAME (default: $"+command.BrokerEnv+")")
	f.who.Register(cmd)
}

// named is NAME=URL; a name has no character that means something in a topic or
// an address.
var named = regexp.MustCompile(`^([A-Za-z0-9_-]+)=(.*)$`)

func (f *connFlags) options(a *app) ([]capture.Broker, error) {
	urls, visible := f.brokers, true
	if env := os.Getenv(command.BrokerEnv); len(urls) == 0 && env != "" {
		urls, visible = []string{env}, false
	}
	if len(urls) == 0 {
		return nil, usagef("it needs --broker URL, like mqtt://hub")
	}
	var out []capture.Broker
	seen := map[string]bool{}
	for _, u := range urls {
		var b capture.Broker
		if m := named.FindStringSubmatch(u); m != nil {
			b.Name, b.Prefix, u = m[1], m[1]+"/", m[2]
		}
		if seen[b.Name] {
			return nil, usagef("of several brokers each needs a name of its own, like --broker attic=mqtt://hub1 --broker cellar=mqtt://hub2")
		}
		seen[b.Name] = true
		var err error
		if b.Connection, err = f.who.Options(u, b.Name, visible, a.log); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}
