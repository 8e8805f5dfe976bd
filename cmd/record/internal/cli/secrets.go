package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/redact"
)

// secretJSON is a secret at one place of a topic, which may be there many times.
type secretJSON struct {
	Rule    string  `json:"rule"`
	Topic   string  `json:"topic,omitempty"`
	Where   string  `json:"where"`
	Sample  string  `json:"sample"` // its length and kind, not the secret
	Records uint64  `json:"records"`
	First   float64 `json:"first_seconds"`
}

type secretsJSON struct {
	Path    string       `json:"path"`
	OK      bool         `json:"ok"`
	Records uint64       `json:"records"`
	Secrets []secretJSON `json:"secrets"`
	More    uint64       `json:"more,omitempty"` // found, but not listed
}

// secretsListed bounds the list; a topic with a token in its name can be new
// with every message.
const secretsListed = 1000

// findSecrets says which secrets stand on a tape, and where.
func (a *app) findSecrets(path string, rules *redact.Rules, asJSON bool) error {
	b := a.newBar("looking")
	out, err := scanSecrets(path, rules, b.at)
	b.end()
	if err != nil {
		return err
	}
	if asJSON {
		err = printJSON(a.Out, out)
	} else {
		err = a.printSecrets(out)
	}
	if err == nil && !out.OK {
		err = command.Exit(command.Failed)
	}
	return err
}

func scanSecrets(path string, rules *redact.Rules, tell func(done, total uint64)) (out secretsJSON, err error) {
	t, err := recorder.Open(path)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	type place struct{ rule, topic, where string }
	found := map[place]*secretJSON{}
	out = secretsJSON{Path: path, Secrets: []secretJSON{}}
	total := t.Info().Records
	c := t.Cursor(recorder.Query{Transient: true})
	for c.Next() {
		r := c.Record()
		out.Records++
		tell(out.Records, total)
		for _, f := range rules.Find(r) {
			p := place{f.Rule, r.Topic, f.Where}
			s := found[p]
			switch {
			case s == nil && len(found) >= secretsListed:
				out.More++
				continue
			case s == nil:
				s = &secretJSON{Rule: f.Rule, Topic: string([]byte(r.Topic)), Where: f.Where, Sample: f.Sample, First: r.At.Seconds()}
				p.topic = s.Topic // the record's own is used again
				found[p] = s
			}
			s.Records++
		}
	}
	for _, s := range found {
		out.Secrets = append(out.Secrets, *s)
	}
	slices.SortFunc(out.Secrets, func(x, y secretJSON) int {
		return cmp.Or(cmp.Compare(x.Topic, y.Topic), cmp.Compare(x.Where, y.Where), cmp.Compare(x.Rule, y.Rule))
	})
	out.OK = len(out.Secrets) == 0
	return out, c.Err()
}

func (a *app) printSecrets(out secretsJSON) error {
	var b []byte
	for _, s := range out.Secrets {
		b = fmt.Appendf(b, "%s: %s: %s, %s, in %s, first at %.3fs\n", s.Rule, plain(s.Topic), s.Where, s.Sample, command.Count(int(s.Records), "record"), s.First)
	}
	switch {
	case out.OK:
		b = fmt.Appendf(b, "%s: no secrets found in %s\n", out.Path, command.Count(int(out.Records), "record"))
	case out.More > 0:
		b = fmt.Appendf(b, "%s: secrets at %d places and more (%s not listed); `record redact %s -o FILE` makes a tape without them\n",
			out.Path, len(out.Secrets), command.Count(int(out.More), "finding"), out.Path)
	default:
		b = fmt.Appendf(b, "%s: secrets at %s; `record redact %s -o FILE` makes a tape without them\n", out.Path, command.Count(len(out.Secrets), "place"), out.Path)
	}
	_, err := a.Out.Write(b)
	return err
}
