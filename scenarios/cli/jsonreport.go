package cli

import (
	"encoding/json"
	"fmt"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
)

// jsonVersion is the version of the JSON report. A key is never removed, nor
// does it change its meaning, within a version.
const jsonVersion = 1

// jsonReport writes an object with an entry for each run, as they come.
type jsonReport struct {
	*command.File
	begun bool
}

// jsonScenario is one entry; its fields stand in the order of the keys.
type jsonScenario struct {
	Name          string           `json:"name"`
	File          string           `json:"file"`
	Status        scenarios.Status `json:"status"`
	Seed          uint64           `json:"seed"`
	Digest        *string          `json:"digest"` // null: nothing ran, or outside programs took part
	Virtual       float64          `json:"virtual_seconds"`
	Wall          float64          `json:"wall_seconds"`
	In            int              `json:"messages_in"`
	Out           int              `json:"messages_out"`
	Deterministic bool             `json:"deterministic"`
	Warnings      []string         `json:"warnings"`
	Failures      []jsonFailure    `json:"failures"`
}

type jsonFailure struct {
	Kind    string  `json:"kind"`
	Message string  `json:"message"`
	At      float64 `json:"at_seconds"`
	File    string  `json:"file"`
	Line    int     `json:"line"`
}

func jsonOf(o *outcome) jsonScenario {
	j := jsonScenario{
		Name: o.item.name(), File: o.item.file, Status: o.status, Seed: o.seed, Virtual: o.virtual.Seconds(), Wall: o.wall.Seconds(),
		In: o.in, Out: o.out, Deterministic: o.deterministic, Warnings: o.warnings, Failures: []jsonFailure{},
	}
	if j.Warnings == nil {
		j.Warnings = []string{}
	}
	if o.digest != "" {
		j.Digest = &o.digest
	}
	for i := range o.failures {
		f := &o.failures[i]
		j.Failures = append(j.Failures, jsonFailure{Kind: f.kind, Message: f.message, At: f.at.Seconds(), File: f.file, Line: f.place()})
	}
	return j
}

// begin writes what comes before the first entry.
func (r *jsonReport) begin() error {
	program, err := json.Marshal(command.Version("simrun"))
	if err != nil {
		return err
	}
	r.begun = true
	_, err = fmt.Fprintf(r, "{\"version\":%d,\"program\":%s,\"scenarios\":[", jsonVersion, program)
	return err
}

func (r *jsonReport) outcome(o *outcome) error {
	comma := ","
	if !r.begun {
		if err := r.begin(); err != nil {
			return err
		}
		comma = ""
	}
	text, err := json.Marshal(jsonOf(o))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r, "%s\n%s", comma, text)
	return err
}

func (r *jsonReport) group(*group) error { return nil }

func (r *jsonReport) end(s *summary) error {
	if !r.begun {
		if err := r.begin(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(r, "\n],\"passed\":%d,\"failed\":%d,\"errors\":%d,\"skipped\":%d}\n",
		s.counts[scenarios.Passed], s.counts[scenarios.Failed], s.counts[scenarios.Error], s.counts[scenarios.Skipped])
	return err
}
