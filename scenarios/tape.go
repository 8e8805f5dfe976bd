package scenarios

import (
	"path/filepath"
	"time"

	"github.com/hubtape/hubtape/mqtt"
)

// Tape says which recording is played and what of it.
type Tape struct {
	Pos
	File       string         // as in the scenario; see [Scenario.Path]
	FilePos    Pos            // of the file's name
	Feed       []string       // filters; empty: all recorded messages are fed
	Exclude    []string       // filters; what is not fed after all
	AppOutputs []string       // filters; what the old automation said: never fed, only compared
	From       time.Duration  // the tape time that is the world's instant 0
	Until      *time.Duration // nil: to its end
}

// Fed selects the topics that are fed from the tape: Feed without Exclude and
// AppOutputs. What devices of the scenario say is for the caller to leave out.
func (t *Tape) Fed() mqtt.Selection {
	return mqtt.Selection{Include: t.Feed, Exclude: append(append([]string(nil), t.Exclude...), t.AppOutputs...)}
}

var tapeKeys = []string{"file", "feed", "exclude", "app_outputs", "from", "until"}

func (r *reader) tape(n *node) *Tape {
	t := &Tape{Pos: n.Pos}
	o, ok := r.object(n, "tape", tapeKeys...)
	if !ok {
		return t
	}
	t.File = o.requiredText("file")
	if n, ok := o.has("file"); ok {
		t.FilePos = n.Pos
		if ext := filepath.Ext(t.File); t.File != "" && ext != ".hubtape" && ext != ".jsonl" {
			r.fail(n.Pos, "turn other recordings into a tape with `record import`", "a tape is a .hubtape or .jsonl file, not %q", shorten(t.File))
		}
	}
	t.Feed, t.Exclude, t.AppOutputs = o.filters("feed"), o.filters("exclude"), o.filters("app_outputs")
	if n, ok := o.has("feed"); ok && n.kind == kindList && len(n.items) == 0 {
		r.fail(n.Pos, `to feed nothing write exclude: ["#"]`, "feed must name at least one filter")
	}
	t.From, _ = o.duration("from")
	t.Until = o.optional("until")
	if t.Until != nil && *t.Until < t.From {
		r.fail(o.field("until").Pos, "both are times on the tape", "until comes before from")
	}
	return t
}
