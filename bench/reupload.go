package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/problems"
	"github.com/hubtape/hubtape/core/proactor/settings"
)

// reported is how many events a child has stored when it finds its parent.
const reported = 500

// report is one of them.
type report struct {
	events.Header
	Watts int
}

func reuploadRows() []row {
	rows := []row{}
	for _, c := range []struct {
		window int
		than   original
	}{{5, gwproactor(1.2e3)}, {100, gwproactor(1.7e3)}} {
		rows = append(rows, row{
			fmt.Sprintf("reupload of %d events through mosquitto, window %d", reported, c.window), "none",
			func() (result, error) { return reuploadBeside(c.than, c.window) },
		})
	}
	return rows
}

func reuploadBeside(than original, window int) (result, error) {
	if _, err := exec.LookPath("mosquitto"); err != nil {
		return result{ours: "left out: there is no mosquitto", met: "-"}, nil
	}
	got, err := reuploadPerSecond(window)
	return result{
		amount(got),
		fmt.Sprintf("%s %s (%.1f×; measured elsewhere)", than.name, amount(than.perSecond), got/than.perSecond),
		"-",
	}, err
}

// reuploadPerSecond lets a child, whose store is a Bolt file, send its parent what
// it has stored: at how many events a second they come there.
func reuploadPerSecond(window int) (perSecond float64, err error) {
	r := &liveRun{}
	defer r.kill()
	if r.dir, err = os.MkdirTemp("", "hubtape-bench-*"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(r.dir)
	if err := r.startBroker(); err != nil {
		return 0, err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	at := &arrivals{enough: stop}
	parent, err := newParent(at)
	if err != nil {
		return 0, err
	}
	child, err := newChild(window, filepath.Join(r.dir, "events"))
	if err != nil {
		return 0, err
	}
	ended := make(chan error, 2)
	for _, p := range []*proactor.Proactor{parent, child} {
		go func() {
			defer stop() // neither waits for the other
			ended <- core.Run(ctx, p, core.RunOptions{
				Name: p.Name(), Broker: link.DialOptions{Broker: "mqtt://127.0.0.1:" + strconv.Itoa(r.port)}, Log: slog.DiscardHandler,
			})
		}()
	}
	if err := errors.Join(<-ended, <-ended); err != nil {
		return 0, err
	}
	return float64(reported-1) / (at.last - at.first).Seconds(), nil
}

// arrivals is when the first and the last report came.
type arrivals struct {
	n           int
	first, last time.Duration
	enough      func()
}

func (a *arrivals) came(now time.Duration) {
	if a.n++; a.n == 1 {
		a.first = now
	}
	if a.n == reported {
		a.last = now
		a.enough()
	}
}

func newParent(at *arrivals) (*proactor.Proactor, error) {
	o, err := reuploadOptions("hw1", settings.Link{PeerLongName: "hw1.child", PeerShortName: "c", SubscriptionShortName: "p", Downstream: true}, 1)
	o.Setup = func(p *proactor.Proactor) error {
		return proactor.On(p, func(proactor.Message, report) error {
			at.came(p.Env().Now())
			return nil
		})
	}
	o.Rest = func(proactor.Message) error { return nil } // what else a child tells
	return newProactor(o, err)
}

func newChild(window int, path string) (*proactor.Proactor, error) {
	o, err := reuploadOptions("hw1.child", settings.Link{PeerLongName: "hw1", PeerShortName: "p", SubscriptionShortName: "c", Upstream: true}, window)
	o.Store = func(c eventstore.Clock) (eventstore.Store, *problems.Problems, error) {
		return eventstore.OpenBolt(eventstore.Options{Path: path, Clock: c})
	}
	o.Setup = func(p *proactor.Proactor) error {
		return p.Add(&actor{func() (err error) { // before there is a connection
			for i := range reported {
				err = errors.Join(err, p.Generate(&report{Watts: i}))
			}
			return err
		}})
	}
	return newProactor(o, err)
}

func newProactor(o proactor.Options, err error) (*proactor.Proactor, error) {
	if err != nil {
		return nil, err
	}
	return proactor.New(o)
}

// reuploadOptions are those that child and parent share: one link.
func reuploadOptions(name string, peer settings.Link, window int) (proactor.Options, error) {
	s := settings.Default()
	peer.Enabled = true
	s.Links = map[string]settings.Link{"peer": peer}
	s.InitialReuploads = window
	c := codec.New(codec.Options{})
	return proactor.Options{Name: name, Settings: &s, Codec: c}, codec.Register[report](c, "gridworks.event.report", "000")
}
