package brokertest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
)

// InProcess is a column of sessions of package broker in a virtual world.
func InProcess(t testing.TB) Column {
	t.Helper()
	return Sessions(t, clock.NewVirtual(clock.VirtualOptions{}))
}

// InProcessSystem is a column of sessions of package broker on the system's
// time.
func InProcessSystem(t testing.TB) Column {
	t.Helper()
	return Sessions(t, clock.NewSystem(clock.SystemOptions{}))
}

// Sessions is a column of sessions of a new broker in a runtime, which it
// closes with the test.
func Sessions(t testing.TB, rt clock.Runtime) Column {
	t.Helper()
	b, err := broker.New(broker.Options{Runtime: rt})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Run("close the broker", func() { err = b.Close() }); err != nil {
			t.Error(err)
		}
		if err := errors.Join(err, rt.Close()); err != nil {
			t.Error(err)
		}
	})
	return Column{Dial: func(o ClientOptions) (Client, error) {
		c := &session{rt: rt, sig: rt.NewSignal(o.ID)}
		err := c.do("connect", func() (err error) {
			c.s, err = b.Connect(broker.ConnectOptions{
				ClientID: o.ID, Persistent: o.Persistent, Will: o.Will, Wake: c.sig.Set,
			})
			return err
		})
		return c, err
	}}
}

// session is a Client that lives in a runtime: each call is a task of its own.
type session struct {
	rt  clock.Runtime
	sig clock.Signal
	s   *broker.Session
}

func (c *session) do(name string, fn func() error) error {
	var err error
	if runErr := c.rt.Run(name, func() { err = fn() }); runErr != nil {
		return runErr
	}
	return err
}

func (c *session) Publish(m mqtt.Message) error {
	return c.do("publish", func() error { return c.s.Publish(m) })
}

func (c *session) Subscribe(filter string, qos byte) (granted byte, err error) {
	err = c.do("subscribe", func() (err error) {
		granted, err = c.s.Subscribe(filter, qos)
		return err
	})
	return granted, err
}

func (c *session) Unsubscribe(filter string) error {
	return c.do("unsubscribe", func() error { return c.s.Unsubscribe(filter) })
}

func (c *session) Next(within time.Duration) (m mqtt.Message, err error) {
	err = c.do("receive", func() error {
		until := c.rt.Now() + within
		for {
			var ok bool
			if m, ok = c.s.Receive(); ok {
				return nil
			}
			if err := c.s.Err(); err != nil {
				return err
			}
			if err := c.sig.Wait(until); err != nil {
				return fmt.Errorf("no message within %v: %w", within, err)
			}
		}
	})
	return m, err
}

func (c *session) Present() bool { return c.s.Present() }

func (c *session) Disconnect() error { return c.do("disconnect", c.s.Disconnect) }

func (c *session) Drop() error {
	return c.do("drop", func() error {
		c.s.Drop("")
		return nil
	})
}

func (c *session) Lost(within time.Duration) error {
	return c.do("wait for the end", func() error {
		until := c.rt.Now() + within
		for c.s.Err() == nil {
			if err := c.sig.Wait(until); err != nil {
				return fmt.Errorf("still connected after %v: %w", within, err)
			}
		}
		return nil
	})
}
