package scenarios

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hubtape/hubtape/internal/didyoumean"
	"github.com/hubtape/hubtape/sim/match"
)

// FaultKind names a fault; it is its key in a file.
type FaultKind string

// Faults that happen to messages, each with a probability.
const (
	FaultDrop      FaultKind = "drop"
	FaultDelay     FaultKind = "delay"
	FaultDuplicate FaultKind = "duplicate"
	FaultReorder   FaultKind = "reorder"
	FaultCorrupt   FaultKind = "corrupt"
)

// Faults that happen once.
const (
	FaultDisconnect    FaultKind = "disconnect"
	FaultRestartBroker FaultKind = "restart_broker"
	FaultSilence       FaultKind = "silence"
	FaultJumpClock     FaultKind = "jump_clock"
)

// Fault is something that goes wrong. Which fields mean something depends on
// Kind; the others are zero.
type Fault struct {
	Pos
	Kind FaultKind

	// For faults of messages.
	Topic       string  // filter of the messages it may happen to
	Probability Ratio   // for each such message; 1/1 unless given
	By          *Spread // delay, duplicate, reorder: how much later; nil when not given

	// Client is whom it happens to: required for disconnect, where it may also be
	// the name of an automation, for all its connections, or "app", for those of
	// all; for faults of messages only those of this client id, "" for all.
	Client    string
	ClientPos Pos    // where it stands
	Device    string // silence: the name of a device

	// For faults that happen once: At, or an instant drawn from the seed within
	// Between.
	At  *time.Duration
	For *time.Duration // disconnect, restart_broker, silence: how long; nil when not given
	// Between is, for faults of messages, when they may happen; nil: always.
	Between      *Window
	KeepRetained bool          // restart_broker: retained messages survive; true unless given
	Jump         time.Duration // jump_clock: how far, negative for back
}

// OfMessages reports whether the fault happens to messages, rather than once.
func (f *Fault) OfMessages() bool { return slices.Contains(messageFaults, f.Kind) }

// Ratio is a probability as a ratio of whole numbers, Num of Den times.
type Ratio struct{ Num, Den uint64 }

// String is NUM/DEN.
func (r Ratio) String() string { return fmt.Sprintf("%d/%d", r.Num, r.Den) }

var messageFaults = []FaultKind{FaultDrop, FaultDelay, FaultDuplicate, FaultReorder, FaultCorrupt}

// faultKinds is every kind with its keys.
var faultKinds = []struct {
	kind     FaultKind
	keys     []string
	required []string
}{
	{FaultDrop, []string{"topic", "client", "probability", "between"}, []string{"topic"}},
	{FaultDelay, []string{"topic", "client", "by", "probability", "between"}, []string{"topic", "by"}},
	{FaultDuplicate, []string{"topic", "client", "by", "probability", "between"}, []string{"topic"}},
	{FaultReorder, []string{"topic", "client", "by", "probability", "between"}, []string{"topic"}},
	{FaultCorrupt, []string{"topic", "client", "probability", "between"}, []string{"topic"}},
	{FaultDisconnect, []string{"client", "at", "between", "for"}, []string{"client"}},
	{FaultRestartBroker, []string{"at", "between", "for", "keep_retained"}, nil},
	{FaultSilence, []string{"device", "at", "between", "for"}, []string{"device"}},
	{FaultJumpClock, []string{"at", "between", "by"}, []string{"by"}},
}

// keysOfFault is nil for an unknown kind.
func keysOfFault(kind string) []string {
	for _, k := range faultKinds {
		if string(k.kind) == kind {
			return k.keys
		}
	}
	return nil
}

func (r *reader) allFaults(o object, s *Scenario) []Fault {
	n, ok := o.has("faults")
	if !ok {
		return nil
	}
	if n.kind != kindList {
		r.want(n, "faults", "begin each fault with -", "a list of objects")
		return nil
	}
	var out []Fault
	for _, item := range n.items {
		if f, ok := r.readFault(item, s); ok {
			out = append(out, f)
		}
	}
	return out
}

// readFault reads `- kind: {…}`, with between inside or beside it.
func (r *reader) readFault(n *node, s *Scenario) (Fault, bool) {
	names := []string{"between"}
	for _, k := range faultKinds {
		names = append(names, string(k.kind))
	}
	o, ok := r.object(n, "a fault", names...)
	if !ok {
		return Fault{}, false
	}
	var out Fault
	found := false
	for _, k := range faultKinds {
		body, ok := o.has(string(k.kind))
		if !ok {
			continue
		}
		if found {
			r.fail(body.Pos, "begin another with -", "a fault has one kind; %s is a second", k.kind)
			continue
		}
		found = true
		in, ok := r.object(body, string(k.kind), k.keys...)
		if !ok {
			continue
		}
		for _, key := range k.required {
			in.required(key)
		}
		out = Fault{Pos: n.Pos, Kind: k.kind}
		r.faultFields(in, &out, s)
		r.faultTime(o, in, &out)
	}
	if _, lonely := o.has("between"); !found && len(n.fields) <= 1 && (lonely || len(n.fields) == 0) {
		r.fail(n.Pos, "it takes one of "+strings.Join(names[1:], ", "), "a fault needs a kind")
	}
	return out, out.Kind != ""
}

func (r *reader) faultFields(in object, f *Fault, s *Scenario) {
	if n, ok := in.has("topic"); ok {
		f.Topic = r.readFilter(n, "topic")
	}
	r.faultyClient(in, f)
	if f.OfMessages() {
		f.Probability = r.ratio(in)
	}
	if f.Kind == FaultJumpClock {
		if n, ok := in.has("by"); ok {
			f.Jump, _ = r.readSignedDuration(n, "by")
		}
	} else {
		f.By = in.spread("by")
	}
	f.For = in.optional("for")
	f.KeepRetained = true
	if keep, ok := in.boolean("keep_retained"); ok {
		f.KeepRetained = keep
	}
	if f.Kind != FaultRestartBroker {
		f.KeepRetained = false
	}
	if n, ok := in.has("device"); ok {
		f.Device = in.text("device")
		names := deviceNames(s.Devices)
		if f.Device != "" && !slices.Contains(names, f.Device) {
			hint := nearHint(f.Device, names)
			if len(names) == 0 {
				hint = "list it under devices, with its command_topic and state_topic"
			}
			r.fail(n.Pos, hint, "there is no device named %q in this file", f.Device)
		}
	}
}

// worldsClients are the client ids that the world itself publishes under: they
// have no network.
var worldsClients = []string{match.Scenario, match.Tape}

func (r *reader) faultyClient(in object, f *Fault) {
	n, ok := in.has("client")
	if !ok {
		return
	}
	f.Client, f.ClientPos = in.text("client"), n.Pos
	if f.Kind == FaultDisconnect && slices.Contains(worldsClients, f.Client) {
		r.fail(n.Pos, "name an automation, a device's client id such as \"device hall light\", or app", "what the %s says comes over no network: it cannot be disconnected", f.Client)
	}
}

// faultTime reads at and between.
func (r *reader) faultTime(outer, in object, f *Fault) {
	f.At = in.optional("at")
	f.Between = in.window("between")
	if beside, ok := outer.has("between"); ok {
		if f.Between != nil {
			r.fail(beside.Pos, "leave out one of them", "between stands both beside %s and in it", f.Kind)
		}
		f.Between = outer.window("between")
	}
	if f.OfMessages() {
		return
	}
	_, hasAt := in.has("at")
	switch {
	case hasAt && f.Between != nil:
		r.fail(in.field("at").Pos, "", "%s takes at, or between for an instant drawn from the seed, not both", f.Kind)
	case !hasAt && f.Between == nil && in.field("between") == nil && outer.field("between") == nil:
		r.fail(in.Pos, "write at: 10m", "%s needs the key \"at\", or between for an instant drawn from the seed", f.Kind)
	}
}

// ratio reads a probability: 1/50, or 0 or 1.
func (r *reader) ratio(in object) Ratio {
	n, ok := in.has("probability")
	if !ok {
		return Ratio{1, 1}
	}
	if n.kind == kindScalar {
		num, den, slash := strings.Cut(n.text, "/")
		if !slash {
			den = "1"
		}
		a, err1 := strconv.ParseUint(strings.Trim(num, " "), 10, 32)
		b, err2 := strconv.ParseUint(strings.Trim(den, " "), 10, 32)
		if err1 == nil && err2 == nil && b > 0 && a <= b {
			return Ratio{a, b}
		}
	}
	r.want(n, "probability", ratioHint(n), "a ratio from 0/1 to 1/1, such as 1/50")
	return Ratio{1, 1}
}

func nearHint(word string, known []string) string {
	if near, ok := didyoumean.Nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 {
		return ""
	}
	return "there is " + strings.Join(known, ", ")
}
