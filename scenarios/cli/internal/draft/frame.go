package draft

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hubtape/hubtape/scenarios"
)

// maxTold is how many topics are expected one by one.
const maxTold = 4

// frame writes a scenario without an automation: a command and what its device
// says to it, the first change of some other things, and how often one of them
// changes after that.
func (d *drafter) frame() (*Draft, error) {
	if err := d.findPairs(); err != nil {
		return nil, err
	}
	w := d.head("what is on "+filepath.Base(d.Tape), "Plays what was recorded and expects some of it: a frame to put an automation into.")
	w.comment("", `app: "NAME" # an automation of this binary; conditions then see what it says`)
	d.tape(w)
	d.devices(w)
	waits := d.telling()
	heard, err := d.hear(w.String(), waits)
	if err != nil {
		return nil, err
	}
	ended := heard.follow(waits, 0)
	w.line("steps:")
	d.waits(w, ended, 0)
	last := -1
	if len(ended) > 0 {
		last = ended[len(ended)-1].index
	}
	counted := d.mostTelling(waits)
	w.comment("  ", "And from there to the end of the tape.")
	w.counted(counted.topic, heard.after(last, counted.topic, ""))
	r, err := d.try(w.String(), scenarios.RunOptions{})
	if err != nil {
		return nil, err
	}
	return d.settle(w, r), nil
}

// telling are the messages that say most about a home, in their order.
func (d *drafter) telling() []*wait {
	waits, taken := d.commandAndAnswer()
	var vague []*wait // that any message on their topic ends
	for _, t := range d.mostChanging() {
		if slices.Contains(taken, t.name) {
			continue
		}
		x := &wait{topic: t.name, content: content(t.first.payload, nil), seq: t.first.seq}
		if t.turns.tells() {
			x.content, x.seq = stateContent(t.turns.first.payload, t.turns.before), t.turns.first.seq
		}
		if x.content == "" {
			vague = append(vague, x)
		} else if len(waits) < maxTold {
			waits = append(waits, x)
		}
	}
	if len(waits) == 0 {
		waits = vague[:min(len(vague), maxTold)]
	}
	slices.SortStableFunc(waits, func(a, b *wait) int { return cmp.Compare(a.seq, b.seq) })
	return waits
}

// commandAndAnswer are the first command that a device answered, and its answer.
func (d *drafter) commandAndAnswer() (waits []*wait, topics []string) {
	if len(d.pairs) == 0 {
		return nil, nil
	}
	p := slices.MinFunc(d.pairs, func(a, b *pair) int { return cmp.Compare(a.said.seq, b.said.seq) })
	return []*wait{
		{topic: p.command, content: content(p.said.payload, nil), seq: p.said.seq, note: nameOf(p.command) + " is told something …"},
		{topic: p.state, content: p.answered, seq: p.answer.seq, note: "… and answers; on the tape after " + p.delays() + ", " + times(p.count) + "."},
	}, []string{p.command, p.state}
}

// mostChanging are the topics on which something happens, those with the most
// changes of their state first. Where nothing has a state, the topics whose
// payload changes most.
func (d *drafter) mostChanging() []*topic {
	told := d.told()
	for _, leaveOut := range []func(t *topic) bool{
		func(t *topic) bool { return dull(t.name) || !t.turns.tells() },
		func(t *topic) bool { return dull(t.name) },
		func(t *topic) bool { return isLog(t.name) },
	} {
		if list := slices.DeleteFunc(slices.Clone(told), leaveOut); len(list) > 0 {
			slices.SortStableFunc(list, func(a, b *topic) int {
				return cmp.Or(-cmp.Compare(a.turns.count, b.turns.count), -cmp.Compare(a.changes, b.changes))
			})
			return list
		}
	}
	return told[:1]
}

// mostTelling is the wait whose topic changes most.
func (d *drafter) mostTelling(waits []*wait) *wait {
	return slices.MaxFunc(waits, func(a, b *wait) int { return cmp.Compare(d.byName[a.topic].changes, d.byName[b.topic].changes) })
}

// dull reports whether a topic is about the hub rather than the home.
func dull(name string) bool {
	levels := strings.Split(name, "/")
	last := levels[len(levels)-1]
	return slices.Contains(levels, "bridge") || slices.Contains([]string{"availability", "LWT", "online", "status", "config", "announce"}, last)
}

// waits writes waits that begin at an instant.
func (d *drafter) waits(w *writer, waits []*wait, from time.Duration) {
	for _, x := range waits {
		if x.note != "" {
			w.comment("  ", "%s", x.note)
		}
		w.line("  - route_until: {%s, within: %s} # at %s", x.condition(), duration(roundUp(x.at-from)), d.when(x.at))
		from = x.at
	}
}
