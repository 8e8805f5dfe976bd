package proactor_test

import (
	"errors"
	"log/slog"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/codec"
)

// One operation is one message: it is sent inside, and handled. 64 are under way.
func BenchmarkSend(b *testing.B) {
	for name, make := range map[string]func() clock.Runtime{
		"Virtual": func() clock.Runtime { return clock.NewVirtual(clock.VirtualOptions{StepLimit: math.MaxInt}) },
		"System":  func() clock.Runtime { return clock.NewSystem(clock.SystemOptions{}) },
	} {
		b.Run(name+"/by type", func(b *testing.B) { benchSend(b, make(), &tick{}) })
		b.Run(name+"/by name", func(b *testing.B) { benchSend(b, make(), new(int)) })
	}
}

// last counts down, and ends the proactor.
type last struct {
	p    *proactor.Proactor
	left int
}

func (l *last) Name() string { return "hall" }

func (l *last) Process(m proactor.Message) error {
	if l.left--; l.left < 0 {
		l.p.Shutdown("enough")
		return nil
	}
	return l.p.Send(m.Message)
}

// runner is what both kinds of runtime are.
type runner interface {
	clock.Runtime
	Run(name string, body func()) error
	Close() error
}

func benchSend(b *testing.B, rt clock.Runtime, payload any) {
	b.ReportAllocs()
	p, err := proactor.New(proactor.Options{Name: "hw1", Setup: func(p *proactor.Proactor) error {
		hall := &last{p: p, left: b.N}
		return errors.Join(p.Add(hall), proactor.On(p, func(m proactor.Message, _ *tick) error { return hall.Process(m) }))
	}})
	require.NoError(b, err)
	for range 64 {
		p.SendFrom(codec.Message{Header: codec.Header{Dst: "hall"}, Payload: payload})
	}
	ended := clock.NewLatch(rt, "the end")
	_, err = core.Launch(rt, p, core.LaunchOptions{
		Name: "hw1", Log: slog.DiscardHandler,
		Dial: func(link.DialOptions, func()) (link.Transport, error) { return nil, errors.New("nobody is there") },
		End:  func(error) { ended.Set() },
	})
	require.NoError(b, err)
	b.ResetTimer()
	err = rt.(runner).Run("bench", func() { _ = ended.Wait(clock.Forever) })
	b.StopTimer()
	require.NoError(b, errors.Join(err, rt.(runner).Close()))
}
