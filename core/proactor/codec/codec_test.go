package codec_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/codec"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

type watts struct {
	Watts int
	Note  string `json:",omitempty"`
}

func (w *watts) Validate() error {
	if w.Watts < 0 {
		return errors.New("power below zero")
	}
	return nil
}

type (
	snapOld struct{ Values []int }
	snapNew struct{ Values []float64 }
	relays  struct{ States map[string]bool }

	seldomSigned struct {
		Version string `json:",omitempty"`
	}
)

func newCodec(t testing.TB, o codec.Options) *codec.Codec {
	t.Helper()
	c := codec.New(o)
	require.NoError(t, codec.Register[watts](c, "power.watts", "000"))
	require.NoError(t, codec.Register[snapOld](c, "snapshot.spaceheat", "001", ""))
	require.NoError(t, codec.Register[snapNew](c, "snapshot.spaceheat", "002", "003"))
	require.NoError(t, codec.Register[relays](c, "relay.states"))
	require.NoError(t, codec.Register[seldomSigned](c, "seldom"))
	return c
}

func scadaTo(dst string, payload any) codec.Message {
	return codec.Message{Header: codec.Header{Src: "hw1.scada", Dst: dst}, Payload: payload}
}

// envelope is a message on the wire, the way others write it.
func envelope(messageType, payload string) string {
	return `{"Header":{"Src":"hw1.scada","Dst":"a","MessageType":"` + messageType + `","MessageId":"7","AckRequired":true,"TypeName":"gridworks.header"},"Payload":` + payload + `,"TypeName":"gw"}`
}

func topicOf(messageType string) string { return "gw/hw1-scada/to/a/" + codec.Dashed(messageType) }

func TestEncode(t *testing.T) {
	c := newCodec(t, codec.Options{})
	for name, tc := range map[string]struct {
		m    codec.Message
		want string
	}{
		"a registered type": {
			scadaTo("a", watts{Watts: 4500, Note: "<5 kW & >4"}),
			`{"Header":{"Src":"hw1.scada","Dst":"a","MessageType":"power.watts","MessageId":"","AckRequired":false,"TypeName":"gridworks.header","Version":"001"},"Payload":{"Watts":4500,"Note":"<5 kW & >4","TypeName":"power.watts","Version":"000"},"TypeName":"gw"}`,
		},
		"the last version is written": {
			scadaTo("", snapNew{Values: []float64{1.5}}),
			`{"Header":{"Src":"hw1.scada","Dst":"","MessageType":"snapshot.spaceheat","MessageId":"","AckRequired":false,"TypeName":"gridworks.header","Version":"001"},"Payload":{"Values":[1.5],"TypeName":"snapshot.spaceheat","Version":"003"},"TypeName":"gw"}`,
		},
		"an older version on demand, of a type whose last is none": {
			codec.Message{Header: codec.Header{Src: "s", MessageID: "x", AckRequired: true, MessageType: "snapshot.spaceheat"}, Payload: snapOld{}, Version: "001"},
			`{"Header":{"Src":"s","Dst":"","MessageType":"snapshot.spaceheat","MessageId":"x","AckRequired":true,"TypeName":"gridworks.header","Version":"001"},"Payload":{"Values":null,"TypeName":"snapshot.spaceheat","Version":"001"},"TypeName":"gw"}`,
		},
		"an empty payload without a version": {
			scadaTo("a", codec.Ping{}),
			`{"Header":{"Src":"hw1.scada","Dst":"a","MessageType":"gridworks.ping","MessageId":"","AckRequired":false,"TypeName":"gridworks.header","Version":"001"},"Payload":{"TypeName":"gridworks.ping"},"TypeName":"gw"}`,
		},
		"keys in order": {
			scadaTo("a", relays{States: map[string]bool{"b": true, "c": false, "a": true}}),
			`{"Header":{"Src":"hw1.scada","Dst":"a","MessageType":"relay.states","MessageId":"","AckRequired":false,"TypeName":"gridworks.header","Version":"001"},"Payload":{"States":{"a":true,"b":true,"c":false},"TypeName":"relay.states"},"TypeName":"gw"}`,
		},
		"what came is passed on": {
			scadaTo("a", codec.Raw{JSON: json.RawMessage(`{"b": 1, "TypeName": "glitch"}`)}),
			`{"Header":{"Src":"hw1.scada","Dst":"a","MessageType":"glitch","MessageId":"","AckRequired":false,"TypeName":"gridworks.header","Version":"001"},"Payload":{"b":1,"TypeName":"glitch"},"TypeName":"gw"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Encode(tc.m)
			require.NoError(t, err)
			require.Equal(t, tc.want, string(got))
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	c := newCodec(t, codec.Options{})
	for name, tc := range map[string]struct {
		m    codec.Message
		want string
	}{
		"no payload":          {scadaTo("a", nil), "the type is not registered: <nil>"},
		"an unknown Go type":  {scadaTo("a", 7), "the type is not registered: int"},
		"a pointer":           {scadaTo("a", &watts{}), "the type is not registered: *codec_test.watts"},
		"another type's name": {codec.Message{Header: codec.Header{MessageType: "ping"}, Payload: watts{}}, `type "ping": the payload is a "power.watts"`},
		"an ack without an id": {
			codec.Message{Header: codec.Header{MessageType: "power.watts", AckRequired: true}, Payload: watts{}},
			`type "power.watts": an ack is required, but there is no MessageID that it could name`,
		},
		"a version of another type": {codec.Message{Payload: snapNew{}, Version: "001"}, `the version is not registered: codec_test.snapNew is not version "001" of "snapshot.spaceheat"`},
		"a version of one without":  {codec.Message{Payload: relays{}, Version: "001"}, `the version is not registered: codec_test.relays is not version "001" of "relay.states"`},
		"nonsense":                  {scadaTo("a", watts{Watts: -1}), "the payload makes no sense: power below zero"},
		"one that signs itself":     {scadaTo("a", seldomSigned{Version: "7"}), "codec_test.seldomSigned cannot be a payload: it has a member Version, which the codec writes"},
		"a raw list":                {scadaTo("a", codec.Raw{JSON: json.RawMessage(`[1]`)}), "a Raw payload has to be a JSON object"},
		"raw rubbish":               {scadaTo("a", codec.Raw{JSON: json.RawMessage(`{"TypeName":"x"`)}), "a Raw payload has to be a JSON object"},
		"raw without a type":        {scadaTo("a", codec.Raw{JSON: json.RawMessage(`{}`)}), "a Raw payload has to have a TypeName"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Encode(tc.m)
			require.EqualError(t, err, tc.want)
			require.ErrorAs(t, err, new(*codec.Error))
		})
	}
}

type selfSigned struct{ TypeName string }

func TestRegister(t *testing.T) {
	c := newCodec(t, codec.Options{})
	require.ErrorIs(t, codec.Register[struct{ A int }](c, ""), codec.ErrNameEmpty)
	require.ErrorIs(t, codec.Register[watts](c, "power.kilowatts"), codec.ErrRegistered, "one Go type, one name")
	require.ErrorIs(t, codec.Register[struct{ B int }](c, "power.watts", "001", "000"), codec.ErrRegistered)
	require.ErrorIs(t, codec.Register[struct{ C int }](c, "power.watts"), codec.ErrRegistered, "any version is also 000")
	require.ErrorIs(t, codec.Register[struct{ D int }](c, "relay.states", "001"), codec.ErrRegistered)
	require.ErrorIs(t, codec.Register[struct{ E int }](c, codec.AckType, "001"), codec.ErrRegistered)
	require.NoError(t, codec.Register[struct{ F int }](c, "power.watts", "001"))
	for name, err := range map[string]error{
		"a pointer":        codec.Register[*watts](c, "p"),
		"an interface":     codec.Register[any](c, "i"),
		"a number":         codec.Register[int](c, "n"),
		"a map":            codec.Register[map[string]int](c, "m"),
		"a text":           codec.Register[time.Time](c, "t"),
		"a channel inside": codec.Register[struct{ C chan int }](c, "c"),
		"it signs itself":  codec.Register[selfSigned](c, "s"),
	} {
		require.ErrorIs(t, err, codec.ErrNotPayload, name)
	}
	require.EqualError(t, codec.Register[watts](c, "power.kilowatts"), `register "power.kilowatts": codec_test.watts is registered already, as "power.watts"`)
}

// The versions that a caller passes stay his.
func TestRegisterKeepsItsVersions(t *testing.T) {
	c := codec.New(codec.Options{})
	versions := []string{"000"}
	require.NoError(t, codec.Register[snapOld](c, "x", versions...))
	versions[0] = "999"
	text, err := c.Encode(scadaTo("a", snapOld{}))
	require.NoError(t, err)
	require.Contains(t, string(text), `"Version":"000"},"TypeName":"gw"`)
}

func TestAckOf(t *testing.T) {
	asked := codec.Message{Header: codec.Header{Src: "hw1.scada", MessageID: "7", AckRequired: true}}
	t.Run("GW-058 an ack names the message", func(t *testing.T) {
		ack, ok := codec.AckOf(asked, "hw1", "s")
		require.True(t, ok)
		text, err := codec.New(codec.Options{}).Encode(ack)
		require.NoError(t, err)
		require.Equal(t, `{"Header":{"Src":"hw1","Dst":"s","MessageType":"gridworks.ack","MessageId":"","AckRequired":false,"TypeName":"gridworks.header","Version":"001"},"Payload":{"AckMessageID":"7","TypeName":"gridworks.ack"},"TypeName":"gw"}`, string(text))
	})
	t.Run("GW-058 no ack that nobody asked for, and none without an id", func(t *testing.T) {
		for _, m := range []codec.Message{{Header: codec.Header{MessageID: "7"}}, {Header: codec.Header{AckRequired: true}}} {
			_, ok := codec.AckOf(m, "hw1", "s")
			require.False(t, ok)
		}
	})
}

func TestErrorNamesWhatIsWrong(t *testing.T) {
	c := newCodec(t, codec.Options{})
	text := envelope("power.watts", `{"Watts":"many","TypeName":"power.watts","Version":"000"}`)
	_, err := c.Decode(topicOf("power.watts"), []byte(text))
	require.EqualError(t, err, `message on "gw/hw1-scada/to/a/power-watts": type "power.watts": Payload.Watts is a JSON string: it has to be a number (int); it begins "{\"Header\":{\"Src\":\"hw1.scada\",\"Dst\":\"a\",\"MessageType\":\"power.watts\",\"Me"`)
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	t.Run("GW-166 the topic and the first 70 bytes", func(t *testing.T) {
		require.Equal(t, topicOf("power.watts"), e.Topic)
		require.Equal(t, text[:70], string(e.Head))
		_, err := c.Decode("gw/x/y", []byte("ON"))
		require.ErrorAs(t, err, &e)
		require.Equal(t, "ON", string(e.Head))
		long := []byte(strings.Repeat("x", 71))
		_, err = c.Decode("gw/x/y", long)
		require.ErrorAs(t, err, &e)
		require.Len(t, e.Head, 70)
		long[0] = 'y'
		require.Equal(t, byte('x'), e.Head[0], "the buffer is the caller's")
	})
}
