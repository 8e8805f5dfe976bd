package golden

import (
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder/compare"
	"github.com/hubtape/hubtape/sim/match"
)

// Options say what of a run is kept and what counts as a difference. The zero
// value keeps all that automations and programs say, and compares it exactly.
type Options struct {
	Topics []string // filters; empty: all
	// Source is whose messages are kept, as in match.Pattern; "": apps and
	// programs, and where Topics are named devices too.
	Source string
	// Ignore lists JSON fields that are neither kept nor compared: keys at any
	// depth, or dotted paths from the root such as "color.x".
	Ignore []string
	Time   time.Duration // how much earlier or later a message may come
	Number float64       // how far numbers may be apart, absolutely
}

// Validate returns an error for a filter that is none, and for a tolerance that
// cannot be.
func (o Options) Validate() error {
	for _, filter := range o.Topics {
		if err := mqtt.ValidateFilter(filter); err != nil {
			return err
		}
	}
	_, err := compare.Compare(&stream{}, &stream{}, o.comparison(0))
	return err
}

// patterns are what a message must be like, one of them, to be kept.
func (o Options) patterns() (all []match.Pattern) {
	if len(o.Topics) == 0 {
		source := o.Source
		if source == "" {
			source = match.App
		}
		return []match.Pattern{{Topic: "#", Source: source}}
	}
	for _, filter := range o.Topics {
		all = append(all, match.Pattern{Topic: filter, Source: o.Source})
	}
	return all
}

func (o Options) comparison(most int) compare.Options {
	return compare.Options{Ignore: o.Ignore, Time: max(o.Time, 0), Number: o.Number, Flags: true, MaxDifferences: most}
}
