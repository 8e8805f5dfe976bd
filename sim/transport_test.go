package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/core/link"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/stretchr/testify/require"
)

// What an app publishes while it is cut: QoS 0 is refused, the others are said in
// order as soon as the cut is over, before whatever else that instant brings.
func TestCutKeepsWhatIsPublished(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "hall", At: time.Second, For: 2 * time.Second})
	var errs []error
	require.NoError(t, w.AddApp("hall", &diary{filter: "tick", then: func(env *core.Env) {
		publish := func(topic string, qos byte) {
			errs = append(errs, env.Link.Publish(mqtt.Message{Topic: topic, QoS: qos}))
		}
		env.Link.OnConnection(func(up bool) { publish(fmt.Sprint("up/", up), 1) })
		env.Loop.After(1500*time.Millisecond, func() {
			publish("none", 0)
			publish("once", 1)
			publish("twice", 2)
			publish("again", 1)
		})
		env.Loop.After(4*time.Second, func() { publish("after", 0) })
	}}))
	require.NoError(t, w.Advance(5*time.Second))
	require.Equal(t, []string{
		"1s hall disconnect the connection is cut",
		"3s hall connect", "3s hall said up/false", "3s hall said once", "3s hall said twice", "3s hall said again",
		"3s hall subscribe tick", "3s hall said up/true", "4s hall said after",
	}, connections(h)[2:])
	require.ErrorIs(t, errs[1], link.ErrDown)
	for i, err := range errs {
		require.Equal(t, i == 1, err != nil)
	}
}

// What was kept is said once, not again after the next cut.
func TestCutKeepsOnce(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "hall", At: time.Second, For: time.Second}, sim.Cut{Client: "hall", At: 3 * time.Second, For: time.Second})
	require.NoError(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
		for _, at := range []time.Duration{1, 3} {
			env.Loop.After(at*time.Second, func() { env.Send(mqtt.Message{Topic: fmt.Sprint("at/", at.Nanoseconds()), QoS: 1}) })
		}
		return nil
	})))
	require.NoError(t, w.Advance(5*time.Second))
	require.Equal(t, []string{
		"0s hall connect",
		"1s hall disconnect the connection is cut", "2s hall connect", "2s hall said at/1",
		"3s hall disconnect the connection is cut", "4s hall connect", "4s hall said at/3",
	}, connections(h))
}

// A subscription that is made, or ended, while there is no connection is an error,
// as in production.
func TestCutRefusesSubscriptions(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "hall", At: time.Second, For: 2 * time.Second})
	var subscribed, unsubscribed error
	require.NoError(t, w.AddApp("hall", core.AppFunc(func(env *core.Env) error {
		s, err := env.Link.Subscribe("a", 0, func(mqtt.Message) {})
		env.Loop.After(2*time.Second, func() {
			_, subscribed = env.Link.Subscribe("b", 0, func(mqtt.Message) {})
			unsubscribed = s.Close()
		})
		return err
	})))
	require.NoError(t, w.Advance(5*time.Second))
	require.EqualError(t, subscribed, `subscribe to "b": the connection to the broker is down`)
	require.ErrorIs(t, subscribed, link.ErrDown)
	require.ErrorIs(t, unsubscribed, link.ErrDown)
	require.Equal(t, "3s hall connect", connections(h)[3])
	require.Len(t, connections(h), 4, "nothing is subscribed to any more")
}

// Retained messages come again after a cut, as after every subscription.
func TestRetainedComesAgainAfterACut(t *testing.T) {
	w, _ := cutWorld(t, sim.Cut{Client: "hall", At: time.Second, For: time.Second})
	require.NoError(t, w.SetRetained(mqtt.Message{Topic: "state", Payload: []byte("old")}))
	d := &diary{filter: "state"}
	require.NoError(t, w.AddApp("hall", d))
	require.NoError(t, w.Advance(1500*time.Millisecond))
	require.NoError(t, w.Publish(mqtt.Message{Topic: "state", Payload: []byte("new"), Retain: true}))
	require.NoError(t, w.Advance(time.Second))
	require.Equal(t, []string{"0s heard state old", "1s up false", "2s heard state new", "2s up true"}, sorted(d.lines))
}

// sorted puts the lines of one instant into an order of their own.
func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }

// connector makes connections of its own, and links on them.
type connector struct{ start func(env *core.Env) error }

func (c connector) ConnectsItself()           {}
func (c connector) Start(env *core.Env) error { return c.start(env) }

func dialLink(env *core.Env, o link.DialOptions) (*link.Link, error) {
	return link.New(env.Loop, func(wake func()) (link.Transport, error) { return env.Dial(o, wake) }, env.Log)
}

// What comes for a session that the broker keeps, it gets when the cut is over;
// QoS 0 is lost, and so is all for a session that is not kept.
func TestCutOfASessionThatIsKept(t *testing.T) {
	for keep, want := range map[bool][]string{
		true:  {"1s first", "4s second", "4s fourth", "4s kept", "5s last"},
		false: {"1s first", "4s kept", "5s last"},
	} {
		w, h := cutWorld(t, sim.Cut{Client: "mine", At: 2 * time.Second, For: 2 * time.Second})
		var heard []string
		require.NoError(t, w.AddApp("hall", connector{func(env *core.Env) error {
			k, err := dialLink(env, link.DialOptions{ClientID: "mine", Keep: keep})
			if err != nil {
				return err
			}
			_, err = k.Subscribe("in", 1, func(m mqtt.Message) { heard = append(heard, fmt.Sprintf("%v %s", env.Now(), m.Payload)) })
			return err
		}}))
		say := func(text string, qos byte, retain bool) {
			require.NoError(t, w.Publish(mqtt.Message{Topic: "in", Payload: []byte(text), QoS: qos, Retain: retain}))
			require.NoError(t, w.Advance(0))
		}
		require.NoError(t, w.Advance(time.Second))
		say("first", 0, false)
		require.NoError(t, w.Advance(2*time.Second))
		say("second", 1, false)
		say("third", 0, false)
		say("fourth", 2, false)
		say("kept", 0, true)
		require.NoError(t, w.Advance(2*time.Second))
		say("last", 0, false)
		require.Equal(t, want, heard, "keep %v", keep)
		require.Contains(t, connections(h), "4s mine subscribe in")
	}
}

// The will of who is cut is said at once, as the app's own message; that of the
// new connection is kept for the next time.
func TestCutPublishesTheWill(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "mine", At: time.Second, For: time.Second}, sim.Cut{Client: "mine", At: 3 * time.Second})
	require.NoError(t, w.AddNamedApp("hall", connector{func(env *core.Env) error {
		_, err := dialLink(env, link.DialOptions{ClientID: "mine", Will: &mqtt.Message{Topic: "gone"}})
		return err
	}}))
	require.NoError(t, w.Advance(5*time.Second))
	require.Equal(t, []string{
		"0s mine connect",
		"1s mine disconnect the connection is cut", "1s mine will gone", "2s mine connect",
		"3s mine disconnect the connection is cut", "3s mine will gone", "3s mine connect",
	}, connections(h))
	require.Equal(t, 2, w.Stats().Out)
}

// A connection that is made once stays lost, and says so; who made it may make
// another when the cut is over.
func TestCutOfAConnectionMadeOnce(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "mine", At: time.Second, For: 2 * time.Second})
	var lines []string
	require.NoError(t, w.AddApp("hall", connector{func(env *core.Env) error {
		note := func(what string, err error) { lines = append(lines, fmt.Sprintf("%v %s: %v", env.Now(), what, err)) }
		var dial func()
		dial = func() {
			var t link.Transport
			arrived := env.Loop.NewUpdater(func() {
				for a, ok := t.Receive(); ok; a, ok = t.Receive() {
					note(fmt.Sprint("arrived ", a.Kind), a.Err)
					if a.Kind == link.ArrivedDown {
						note("publish", t.Publish(mqtt.Message{Topic: "x", QoS: 1}))
						note("subscribe", t.Subscribe("x", 1))
						note("close", t.Close())
						env.Loop.After(time.Second, dial)
						env.Loop.After(2*time.Second, dial)
					}
				}
			}, true)
			var err error
			t, err = env.Dial(link.DialOptions{ClientID: "mine", Once: true}, arrived.Trigger)
			note("dial", err)
		}
		dial()
		return nil
	}}))
	require.NoError(t, w.Advance(time.Minute))
	require.Equal(t, []string{
		"0s dial: <nil>", fmt.Sprintf("0s arrived %d: <nil>", link.ArrivedUp),
		fmt.Sprintf("1s arrived %d: the connection is cut", link.ArrivedDown),
		"1s publish: the connection to the broker is down: the connection was lost: connect again",
		"1s subscribe: the connection to the broker is down: the connection was lost: connect again",
		"1s close: <nil>",
		`2s dial: connect "mine": the connection is cut until 3s`,
		"3s dial: <nil>", fmt.Sprintf("3s arrived %d: <nil>", link.ArrivedUp),
	}, lines)
	require.Equal(t, []string{"0s mine connect", "1s mine disconnect the connection is cut", "3s mine connect"}, connections(h))
}

// A connection that its owner closes while it is cut is not made again, and what
// was kept for it is dropped.
func TestCutConnectionThatIsClosed(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "mine", At: time.Second, For: 2 * time.Second})
	var after error
	require.NoError(t, w.AddApp("hall", connector{func(env *core.Env) error {
		c, err := env.Dial(link.DialOptions{ClientID: "mine"}, func() {})
		env.Loop.After(2*time.Second, func() {
			after = c.Publish(mqtt.Message{Topic: "x", QoS: 1})
			if after == nil {
				after = c.Close()
			}
		})
		env.Loop.After(5*time.Second, func() { after = c.Publish(mqtt.Message{Topic: "x", QoS: 1}) })
		return err
	}}))
	require.NoError(t, w.Advance(4*time.Second))
	require.NoError(t, after)
	require.NoError(t, w.Advance(4*time.Second))
	require.ErrorIs(t, after, link.ErrDown)
	require.Equal(t, []string{"0s mine connect", "1s mine disconnect the connection is cut"}, connections(h))
}

// What cannot be said when the cut is over is a warning.
func TestCutKeepsWhatCannotBeSaid(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "mine", At: time.Second, For: time.Second})
	require.NoError(t, w.AddApp("hall", connector{func(env *core.Env) error {
		c, err := env.Dial(link.DialOptions{ClientID: "mine"}, func() {})
		env.Loop.After(time.Second, func() {
			for _, topic := range []string{"a/#", "b"} {
				_ = c.Publish(mqtt.Message{Topic: topic, QoS: 1})
			}
		})
		return err
	}}))
	require.NoError(t, w.Advance(4*time.Second))
	require.Len(t, w.Warnings(), 1)
	require.Contains(t, w.Warnings()[0], `kept while its connection was cut is left out: client "mine" cannot publish to "a/#"`)
	require.Equal(t, "2s mine said b", connections(h)[3])
}

// Who is busy while its connection is lost and made again learns of both
// afterwards, in order.
func TestCutOfWhoIsBusy(t *testing.T) {
	w, _ := cutWorld(t, sim.Cut{Client: "mine", At: 2 * time.Second, For: time.Second})
	require.NoError(t, w.Feed(ticks("tick", 3)))
	var arrived []string
	require.NoError(t, w.AddApp("hall", connector{func(env *core.Env) error {
		woken := 0
		c, err := env.Dial(link.DialOptions{ClientID: "mine"}, func() { woken++ })
		if err != nil {
			return err
		}
		if err := c.Subscribe("tick", 0); err != nil {
			return err
		}
		receive := func() {
			for a, ok := c.Receive(); ok; a, ok = c.Receive() {
				arrived = append(arrived, fmt.Sprint(a.Kind, a.Filter, a.Err))
			}
			arrived = append(arrived, fmt.Sprint("woken ", woken > 0))
			woken = 0
		}
		env.Loop.After(1500*time.Millisecond, func() {
			if err := c.Subscribe("other", 0); err != nil {
				env.Fail(err)
			}
		})
		env.Loop.After(4*time.Second, receive)
		env.Loop.After(5*time.Second, receive)
		return nil
	}}))
	require.NoError(t, w.Advance(time.Minute))
	kind := func(k link.ArrivalKind, filter string, err error) string { return fmt.Sprint(k, filter, err) }
	require.Equal(t, []string{
		kind(link.ArrivedUp, "", nil), kind(link.ArrivedGrant, "tick", nil), kind(link.ArrivedGrant, "other", nil),
		kind(link.ArrivedDown, "", sim.ErrCut), kind(link.ArrivedUp, "", nil), "woken true", "woken false",
	}, arrived, "the messages of before the cut are gone")
}

// Who is taken over is told, also after a cut; and is not connected again by the
// next one. Another connection made meanwhile changes nothing for who waits.
func TestCutAndTakeover(t *testing.T) {
	w, h := cutWorld(t, sim.Cut{Client: "mine", At: time.Second, For: 2 * time.Second}, sim.Cut{Client: "mine", At: 5 * time.Second})
	var lost []string
	require.NoError(t, w.AddApp("hall", connector{func(env *core.Env) error {
		dial := func(id string) {
			k, err := dialLink(env, link.DialOptions{ClientID: id})
			if err != nil {
				env.Fail(err)
				return
			}
			since := env.Now()
			k.OnConnection(func(up bool) { lost = append(lost, fmt.Sprintf("%v %s since %v: up %v", env.Now(), id, since, up)) })
		}
		dial("mine")
		env.Loop.After(2*time.Second, func() { dial("other") })
		env.Loop.After(4*time.Second, func() { dial("mine") })
		return nil
	}}))
	require.NoError(t, w.Advance(time.Minute))
	require.Equal(t, []string{
		"1s mine since 0s: up false", "3s mine since 0s: up true", "4s mine since 0s: up false",
		"5s mine since 4s: up false", "5s mine since 4s: up true",
	}, lost)
	require.Len(t, connections(h), 8)
}
