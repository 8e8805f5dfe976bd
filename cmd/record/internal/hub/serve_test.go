package hub_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/cmd/record/internal/hub"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/hubtape/hubtape/recorder/deck"
)

func TestEveryWordStandsOnTheTape(t *testing.T) {
	h := open(t, hub.Options{}, deck.Options{})
	lamp := h.dial("lamp", conn.Options{
		Version: conn.V311, Will: &mqtt.Message{Topic: "lamp/gone", Payload: []byte("bye"), QoS: 1, Retain: true},
	})
	hall := h.dial("hall", conn.Options{Version: conn.V5, User: "secret-user", Password: "secret-password"})
	hall.subscribe("lamp/#", 1)
	text, format := "text/plain", byte(1)
	require.NoError(t, lamp.publish(mqtt.Message{Topic: "lamp/state", Payload: []byte("ON"), QoS: 1, Retain: true}))
	require.Equal(t, "lamp/state=ON", hall.next())
	properties := &mqtt.Properties{ContentType: text, PayloadFormat: &format, User: []mqtt.UserProperty{{Key: "k", Value: "v"}}}
	require.NoError(t, hall.publish(mqtt.Message{Topic: "lamp/set", Payload: []byte("OFF"), QoS: 2, Properties: properties}))
	require.Equal(t, "lamp/set=OFF", hall.next())
	require.NoError(t, hall.Unsubscribe(context.Background(), "lamp/#"))
	raw, err := connect(h.address(), "abrupt")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return h.Clients().Connected == 3 }, patience, time.Millisecond)
	require.NoError(t, raw.Close())
	require.Eventually(t, func() bool { return h.Clients().Connected == 2 }, patience, time.Millisecond)
	require.NoError(t, hall.Close())
	require.Eventually(t, func() bool { return h.Clients().Connected == 1 }, patience, time.Millisecond)
	require.Equal(t, []string{
		"connect lamp: MQTT 3.1.1", "connect hall: MQTT 5",
		"subscribe hall lamp/#=/1",
		"message lamp lamp/state=ON/1 retain", "message hall lamp/set=OFF/2",
		"unsubscribe hall lamp/#=/0",
		"connect abrupt: MQTT 3.1.1", "disconnect abrupt: the connection was lost",
		"disconnect hall",
		"disconnect lamp: the broker was closed",
		"note: the recording ended",
	}, h.tape())
	all := records(t, h.path)
	require.Equal(t, properties, all[4].Properties)
	for _, r := range all {
		require.NotContains(t, fmt.Sprintf("%+v", r), "secret")
		require.NotContains(t, fmt.Sprintf("%+v", r), "127.0.0.1")
	}
	require.Equal(t, hub.Counts{Ever: 3}, h.Clients())
}

// A client that goes without a word leaves its will, and why it went.
func TestWillsAndTheKeepalive(t *testing.T) {
	h := open(t, hub.Options{}, deck.Options{})
	c, err := net.Dial("tcp", h.address())
	require.NoError(t, err)
	defer c.Close()
	body := append(text(nil, "MQTT"), 4, 2|4|8, 0, 1) // clean, a will of QoS 1, a keepalive of 1 s
	body = text(text(text(body, "silent"), "silent/gone"), "bye")
	_, err = c.Write(packet(0x10, body))
	require.NoError(t, err)
	_, err = c.Read(make([]byte, 4))
	require.NoError(t, err)
	_, err = c.Read(make([]byte, 1)) // until the hub has had enough of it
	require.Error(t, err)
	require.Equal(t, []string{
		"connect silent: MQTT 3.1.1", "will silent silent/gone=bye/1",
		"disconnect silent: it said nothing for one and a half times its keepalive of 1 s",
		"note: the recording ended",
	}, h.tape())
}

func TestSessionsAndTakeovers(t *testing.T) {
	h := open(t, hub.Options{}, deck.Options{})
	session := func() net.Conn {
		c, err := net.Dial("tcp", h.address())
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = c.Write(packet(0x10, text(append(text(nil, "MQTT"), 4, 0, 0, 0), "s")))
		require.NoError(t, err)
		_, err = c.Read(make([]byte, 4))
		require.NoError(t, err)
		return c
	}
	first := session()
	session()
	_, err := first.Read(make([]byte, 1))
	require.Error(t, err)
	require.Equal(t, []string{
		"connect s: MQTT 3.1.1, persistent", "disconnect s: another connection took over the client id",
		"connect s: MQTT 3.1.1, persistent, resumed", "disconnect s: the broker was closed", "note: the recording ended",
	}, h.tape())
}

func users(t testing.TB, text string) *hub.Users {
	t.Helper()
	u, err := hub.ParseUsers("users.yaml", []byte(text))
	require.NoError(t, err)
	return u
}

func TestUsersChangeWhileItRuns(t *testing.T) {
	h := open(t, hub.Options{Users: users(t, `users: [{name: a, password: right, write: ["a/#"]}]`)}, deck.Options{})
	_, err := h.tryDial("x", conn.Options{User: "a", Password: "wrong-one"})
	require.Error(t, err)
	a := h.dial("x", conn.Options{User: "a", Password: "right", Version: conn.V5})
	require.ErrorContains(t, a.publish(mqtt.Message{Topic: "b", QoS: 1}), "not authorized")
	require.NoError(t, a.publish(mqtt.Message{Topic: "a/1", QoS: 1}))
	h.SetUsers(users(t, `users: [{name: a, password: other, write: [b]}]`))
	require.NoError(t, a.publish(mqtt.Message{Topic: "b", QoS: 1}))
	require.Error(t, a.publish(mqtt.Message{Topic: "a/1", QoS: 1}))
	_, err = h.tryDial("y", conn.Options{User: "a", Password: "right"})
	require.Error(t, err)
	h.SetUsers(nil)
	h.dial("z", conn.Options{})
	counts := h.Clients()
	require.EqualValues(t, 2, counts.RefusedPublishes)
	require.NotZero(t, counts.RefusedLogins)
	require.NotContains(t, h.log.String(), "wrong-one")
	require.Contains(t, h.log.String(), `msg="refused a login" client=x user=a address=127.0.0.1:`)
	require.Contains(t, h.log.String(), `msg="refused a publish" client=x user=a`)
	messages := slices.DeleteFunc(h.tape(), func(s string) bool { return !strings.HasPrefix(s, "message") })
	require.Equal(t, []string{"message x a/1=/1", "message x b=/1"}, messages)
}

// The log is not filled by somebody who tries passwords.
func TestManyRefusalsAreFewLines(t *testing.T) {
	h := open(t, hub.Options{Users: users(t, `users: [{name: a, password: right}]`)}, deck.Options{})
	const tries = 60
	for range tries {
		_, err := connect(h.address(), "x")
		require.Error(t, err)
	}
	require.NoError(t, h.stop())
	require.EqualValues(t, tries, h.Clients().RefusedLogins)
	told := strings.Count(h.log.String(), "refused a login")
	require.NotZero(t, told)
	require.Less(t, told, tries)
	require.Contains(t, h.log.String(), "refused more clients")
}

// What does not fit is refused as each version says.
func TestPayloadsAboveTheLimit(t *testing.T) {
	const most = 1000
	h := open(t, hub.Options{MaxPayload: most}, deck.Options{})
	for _, size := range []int{most + 1, 8_000_000} { // one that is read, and one that is not, but is heard out
		v5, err := net.Dial("tcp", h.address())
		require.NoError(t, err)
		defer v5.Close()
		require.NoError(t, v5.SetDeadline(time.Now().Add(patience)))
		_, err = v5.Write(packet(0x10, text(append(text(nil, "MQTT"), 5, 2, 0, 0, 0), "five")))
		require.NoError(t, err)
		head := make([]byte, 2)
		_, err = io.ReadFull(v5, head)
		require.NoError(t, err)
		properties := make([]byte, head[1])
		_, err = io.ReadFull(v5, properties)
		require.NoError(t, err)
		at := slices.Index(properties, 39) // Maximum Packet Size
		require.Positive(t, at)
		require.Greater(t, binary.BigEndian.Uint32(properties[at+1:]), uint32(most))
		_, err = v5.Write(packet(0x30, append(text(nil, "large"), make([]byte, size+1)...)))
		require.NoError(t, err)
		bye := make([]byte, 3)
		_, err = io.ReadFull(v5, bye)
		require.NoError(t, err)
		require.EqualValues(t, 0xe0, bye[0])
		require.EqualValues(t, 0x95, bye[2], "Packet too large")

		old, err := connect(h.address(), "old")
		require.NoError(t, err)
		_, err = old.Write(packet(0x30, append(text(nil, "large"), make([]byte, size)...)))
		require.NoError(t, err)
		_, err = old.Read(bye)
		require.Error(t, err)
		_ = old.Close()
	}
	fits := h.dial("fits", conn.Options{Version: conn.V5})
	require.NoError(t, fits.publish(mqtt.Message{Topic: "fits", Payload: make([]byte, most), QoS: 1}))
	require.EqualValues(t, 4, h.Clients().RefusedPublishes)
	require.Contains(t, h.log.String(), `client=five user="" address=127.0.0.1`)
	require.Contains(t, h.log.String(), "its payload has 1001 bytes, and at most 1000 are taken")
	messages := slices.DeleteFunc(h.tape(), func(s string) bool { return !strings.HasPrefix(s, "message") })
	require.Len(t, messages, 1)
}

// A client that does not read loses messages, which the tape says; the others and
// who publishes notice nothing of it.
func TestAClientThatDoesNotRead(t *testing.T) {
	h := open(t, hub.Options{}, deck.Options{})
	deaf, err := connect(h.address(), "deaf")
	require.NoError(t, err)
	defer deaf.Close()
	_, err = deaf.Write(packet(0x82, append(text([]byte{0, 1}, "#"), 1)))
	require.NoError(t, err)
	hears := h.dial("hears", conn.Options{})
	hears.subscribe("#", 1)
	speaks := h.dial("speaks", conn.Options{})
	payload := make([]byte, 100_000)
	sent := 0
	for h.Clients().Dropped < 3 {
		require.NoError(t, speaks.publish(mqtt.Message{Topic: "t", Payload: payload, QoS: 1}))
		require.Equal(t, "t="+string(payload), hears.next())
		sent++
	}
	all := h.tape()
	heard, told := 0, uint64(0)
	for _, l := range all {
		if rest, ok := strings.CutPrefix(l, "note deaf: "); ok {
			var n uint64
			_, err := fmt.Sscanf(rest, "%d", &n)
			require.NoError(t, err)
			told += n
		}
		if strings.HasPrefix(l, "message speaks") {
			heard++
		}
	}
	require.Equal(t, sent, heard)
	require.Equal(t, h.Clients().Dropped, told)
	require.Contains(t, strings.Join(all, "\n"), " not delivered to deaf: the client's outbound queue is full")
}

func TestWhatIsRetainedAtTheStart(t *testing.T) {
	h := open(t, hub.Options{Retained: []mqtt.Message{
		{Topic: "b", Payload: []byte("2"), QoS: 1}, {Topic: "a", Payload: []byte("1")},
	}}, deck.Options{})
	c := h.dial("c", conn.Options{Version: conn.V311})
	c.subscribe("#", 1)
	require.Equal(t, "a=1", c.next())
	require.Equal(t, "b=2", c.next())
	all := h.tape()
	require.Equal(t, []string{"snapshot a=1/0 retain", "snapshot b=2/1 retain", "connect c: MQTT 3.1.1"}, all[:3])
}

// Each part begins with what is retained, and with who is there.
func TestPartsBeginWithTheState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.hubtape")
	h := open(t, hub.Options{}, deck.Options{Path: path, RotateEvery: 300 * time.Millisecond, FlushEvery: time.Millisecond})
	c := h.dial("c", conn.Options{Version: conn.V311})
	c.subscribe("x/#", 2)
	require.NoError(t, c.publish(mqtt.Message{Topic: "b", Payload: []byte("2"), QoS: 1, Retain: true}))
	require.NoError(t, c.publish(mqtt.Message{Topic: "a", Payload: []byte("1"), QoS: 1, Retain: true}))
	parts := func() []string {
		paths, err := filepath.Glob(strings.TrimSuffix(path, ".hubtape") + "-*.hubtape")
		require.NoError(t, err)
		return paths
	}
	// What is written lags behind: of these parts at least one begins after all of
	// that was said.
	for enough := len(parts()) + 3; len(parts()) < enough; {
		require.NoError(t, c.publish(mqtt.Message{Topic: "tick", QoS: 1}))
	}
	require.NoError(t, h.stop())
	var all []string // of the first part behind the one in which it was said
	said := false
	for _, path := range parts() {
		all = nil
		for _, r := range records(t, path) {
			all = append(all, line(r))
		}
		if said {
			break
		}
		said = slices.Contains(all, "message c a=1/1 retain")
	}
	require.GreaterOrEqual(t, len(all), 4)
	require.Equal(t, []string{"snapshot a=1/1 retain", "snapshot b=2/1 retain"}, all[:2])
	require.Contains(t, all, "connect c: "+hub.AtTheHead)
	require.Contains(t, all, "subscribe c x/#=/2: "+hub.AtTheHead)
}

func TestDeliveriesWhereTheyAreWanted(t *testing.T) {
	h := open(t, hub.Options{Deliveries: true}, deck.Options{})
	c := h.dial("c", conn.Options{})
	c.subscribe("t", 1)
	require.NoError(t, c.publish(mqtt.Message{Topic: "t", Payload: []byte("12345"), QoS: 1}))
	c.next()
	require.NoError(t, c.Close())
	require.Contains(t, h.tape(), "note c: delivered t, 5 bytes, QoS 1")
}

func TestAPortThatIsTaken(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	d, err := deck.Open(deck.Options{Path: filepath.Join(t.TempDir(), "x.hubtape")})
	require.NoError(t, err)
	h, err := hub.New(d, hub.Options{Listen: []hub.Listen{{Address: "127.0.0.1:0"}, {Address: ln.Addr().String()}}})
	require.NoError(t, err)
	require.ErrorIs(t, h.Serve(context.Background()), broker.ErrListen)
	require.Nil(t, h.Addresses())
	require.NoError(t, d.Discard())
}

// When the disk fails the house goes on.
func TestTheHubOutlivesItsTape(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "folder")
	require.NoError(t, os.Mkdir(folder, 0o700))
	h := open(t, hub.Options{}, deck.Options{
		Path: filepath.Join(folder, "x.hubtape"), FlushEvery: time.Millisecond,
	})
	c := h.dial("c", conn.Options{})
	c.subscribe("t", 1)
	require.NoError(t, os.RemoveAll(folder))
	h.log.await(t, "the tape has failed")
	require.NoError(t, c.publish(mqtt.Message{Topic: "t", Payload: []byte("still"), QoS: 1}))
	require.Equal(t, "t=still", c.next())
	err := h.stop()
	require.Error(t, err)
	require.ErrorIs(t, err, deck.ErrGone)
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	d, err := deck.Open(deck.Options{Path: filepath.Join(t.TempDir(), "x.hubtape")})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Discard()) }()
	listen := []hub.Listen{{Address: "127.0.0.1:0"}}
	for want, o := range map[string]hub.Options{
		"there is no address":     {},
		"there is no certificate": {Listen: []hub.Listen{{Address: ":1", Secure: true}}},
		"a payload of at most":    {Listen: listen, MaxPayload: -1},
		"retained at the start":   {Listen: listen, Retained: []mqtt.Message{{Topic: "#"}}},
	} {
		_, err := hub.New(d, o)
		require.ErrorIs(t, err, hub.ErrOptions)
		require.ErrorContains(t, err, want)
	}
}

func TestParseListen(t *testing.T) {
	for in, want := range map[string]string{
		"1883": "mqtt://:1883", ":1883": "mqtt://:1883", "localhost:7": "mqtt://localhost:7", "mqtt://": "mqtt://:1883",
		"mqtt://:1884": "mqtt://:1884", "mqtts://0.0.0.0": "mqtts://0.0.0.0:8883", "ws://:9001": "ws://:9001",
		"wss://[::1]:1/mqtt": "wss://[::1]:1", "tcp://x": "mqtt://x:1883", "SSL://x:0": "mqtts://x:0", "hub": "mqtt://hub:1883",
		"mqtt://[::1]": "mqtt://[::1]:1883",
	} {
		l, err := hub.ParseListen(in)
		require.NoError(t, err, in)
		require.Equal(t, want, l.String(), in)
	}
	for _, bad := range []string{
		"", "http://x", "mqtt://u:p@x", "ws://x", "mqtt://x:99999", "mqtt://x/path", "x:", "mqtt://x?y", "99999", "a b:1",
	} {
		_, err := hub.ParseListen(bad)
		require.ErrorIs(t, err, hub.ErrOptions, bad)
	}
}
