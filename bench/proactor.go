package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

// gwproactor is the Python system whose job core/proactor does.
func gwproactor(perSecond float64) original { return original{"gwproactor", perSecond} }

// proactorRows compare core/proactor with the original.
func proactorRows() []row {
	rows := []row{
		{"proactor: send → process", fmt.Sprintf("≥ %d× gwproactor", speedup), func() (result, error) {
			return onBoth(gwproactor(173e3), sends)
		}},
		{"proactor: link transitions", fmt.Sprintf("≥ %d× gwproactor", speedup), func() (result, error) {
			return alone(gwproactor(1.26e6), transitions)
		}},
	}
	return append(append(rows, storeRows()...), reuploadRows()...)
}

// actor is a communicator that does something at the start, and gets nothing.
type actor struct{ start func() error }

func (a *actor) Name() string                   { return "actor" }
func (a *actor) Start() error                   { return a.start() }
func (a *actor) Process(proactor.Message) error { return nil }

// job is a message that never leaves the program.
type job struct{ n int }

// sends lets a task send, and a handler count.
func sends(n int, rt clock.Runtime) (err error) {
	p, err := proactor.New(proactor.Options{Name: "hw1", Setup: func(p *proactor.Proactor) error {
		got := 0
		count := func(proactor.Message, job) error {
			if got++; got == n {
				p.Shutdown("all are processed")
			}
			return nil
		}
		begin := func() error {
			rt.Go("sender", func() { err = sendJobs(rt, p, n) })
			return nil
		}
		return errors.Join(proactor.On(p, count), p.Add(&actor{begin}))
	}})
	if err != nil {
		return err
	}
	ended := clock.NewLatch(rt, "the proactor's end")
	_, launched := core.Launch(rt, p, core.LaunchOptions{
		Name: "hw1",
		Dial: func(link.DialOptions, func()) (link.Transport, error) { return nil, errors.New("it has no links") },
		End: func(failed error) {
			err = errors.Join(err, failed)
			ended.Set()
		},
	})
	if launched != nil {
		return launched
	}
	return errors.Join(ended.Wait(clock.Forever), err)
}

// sendJobs lets what it has sent be processed now and then.
func sendJobs(rt clock.Runtime, p *proactor.Proactor, n int) error {
	for i := range n {
		if err := p.Send(codec.Message{Payload: job{i}}); err != nil {
			return err
		}
		if i%100 == 0 {
			rt.Yield()
		}
	}
	return nil
}

// transitions lets a link lose its peer, then its connection, and find both
// again.
func transitions(n int) error {
	m := linkstate.New("parent")
	for _, in := range []linkstate.Input{linkstate.StartCalled, linkstate.MQTTConnected, linkstate.SubackLast} {
		if _, err := m.Apply(in); err != nil {
			return err
		}
	}
	round := [...]linkstate.Input{
		linkstate.MessageFromPeer, linkstate.ResponseTimeout, linkstate.MessageFromPeer,
		linkstate.MQTTDisconnected, linkstate.MQTTConnected, linkstate.SubackLast,
	}
	for i := range n {
		if _, err := m.Apply(round[i%len(round)]); err != nil {
			return err
		}
	}
	return nil
}

// alone measures what needs no runtime.
func alone(than original, body func(n int) error) (result, error) {
	var failed error
	b := testing.Benchmark(func(b *testing.B) { failed = errors.Join(failed, body(b.N)) })
	got := float64(b.N) / b.T.Seconds()
	return result{
		amount(got),
		fmt.Sprintf("%s %s (%.0f×; measured elsewhere)", than.name, amount(than.perSecond), got/than.perSecond),
		atLeast(got/than.perSecond, speedup),
	}, failed
}
