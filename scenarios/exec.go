package scenarios

import (
	"regexp"
	"strings"
	"time"
)

// Exec is an external program that is tested.
type Exec struct {
	Pos
	Command []string // the program and its arguments; empty with Attach
	Env     []EnvVar // beside the environment that simrun has
	Cwd     string   // relative to the file; "" is the file's folder
	Speed   float64  // how much faster than real time its clock runs; 1 unless given
	Ready   Ready
	Retries int // how often a failure is tried again

	Attach bool   // wait for a program that somebody else started
	Listen string // the address to listen on, with Attach
}

// EnvVar is one environment variable.
type EnvVar struct{ Name, Value string }

// Ready says how to know that the program is ready. With neither Subscribed nor
// Log its first subscription is awaited.
type Ready struct {
	Subscribed string         // a subscription that this filter matches, or that equals it
	Log        *regexp.Regexp // a line of its output
	Timeout    time.Duration  // 30 s unless given
}

// defaultReadyTimeout is how long a program may take to start.
const defaultReadyTimeout = 30 * time.Second

var (
	execKeys  = []string{"command", "env", "cwd", "speed", "ready", "retries", "attach", "listen"}
	readyKeys = []string{"subscribed", "log", "timeout"}
)

// maxRetries bounds what can only hide a failure.
const maxRetries = 10

func (r *reader) exec(n *node) *Exec {
	e := &Exec{Pos: n.Pos, Speed: 1, Ready: Ready{Timeout: defaultReadyTimeout}}
	o, ok := r.object(n, "exec", execKeys...)
	if !ok {
		return e
	}
	e.Attach, _ = o.boolean("attach")
	e.Command = o.list("command", func(n *node) string {
		s, _ := r.readText(n, "command")
		return s
	})
	e.Listen = o.text("listen")
	r.attach(o, e)
	e.Env = r.env(o)
	e.Cwd = o.text("cwd")
	if v, ok := o.decimal("speed"); ok {
		if v == 0 || e.Attach && v != 1 {
			r.fail(o.field("speed").Pos, "", "speed must be above 0, and 1 with attach")
		}
		e.Speed = v
	}
	if n, ok := o.has("ready"); ok {
		r.ready(n, &e.Ready)
	}
	retries, _ := o.integer("retries", 0, maxRetries)
	e.Retries = int(retries)
	return e
}

// attach checks which keys go with attach and which with command.
func (r *reader) attach(o object, e *Exec) {
	if e.Attach {
		o.required("listen")
		for _, key := range []string{"command", "env", "cwd", "retries"} {
			if n, ok := o.has(key); ok {
				r.fail(n.Pos, "", "exec with attach starts nothing, so %s has no meaning", key)
			}
		}
		return
	}
	if n, ok := o.required("command"); ok && n.kind == kindList && (len(e.Command) == 0 || e.Command[0] == "") {
		r.fail(n.Pos, "", "command must name a program")
	}
	if n, ok := o.has("listen"); ok {
		r.fail(n.Pos, "", "listen goes with attach: true")
	}
}

func (r *reader) env(o object) []EnvVar {
	n, ok := o.has("env")
	if !ok {
		return nil
	}
	if n.kind != kindObject {
		r.want(n, "env", "", "an object of texts")
		return nil
	}
	r.once(n)
	var out []EnvVar
	for _, f := range n.fields {
		if f.key.text == "" || strings.ContainsAny(f.key.text, "=\x00") {
			r.fail(f.key.Pos, "", "%q is no name of an environment variable", f.key.text)
		}
		value, _ := r.readText(f.value, "the environment variable "+f.key.text)
		out = append(out, EnvVar{f.key.text, value})
	}
	return out
}

func (r *reader) ready(n *node, ready *Ready) {
	o, ok := r.object(n, "ready", readyKeys...)
	if !ok {
		return
	}
	if d, ok := o.duration("timeout"); ok {
		ready.Timeout = d
		if d == 0 {
			r.fail(o.field("timeout").Pos, "", "timeout must be above 0")
		}
	}
	if n, ok := o.has("subscribed"); ok {
		ready.Subscribed = r.readFilter(n, "subscribed")
	}
	if n, ok := o.has("log"); ok {
		if ready.Subscribed != "" {
			r.fail(n.Pos, "", "ready takes subscribed or log, not both")
		}
		text := o.text("log")
		if text == "" {
			return
		}
		re, err := regexp.Compile(text)
		if err != nil {
			r.fail(n.Pos, "", "log is no regular expression: %v", err)
			return
		}
		ready.Log = re
	}
}
