package conn_test

import (
	"testing"

	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
)

// What is no MQTT ends the connection with a word about what it was.
func TestMalformed(t *testing.T) {
	const both = conn.Auto
	for name, c := range map[string]struct {
		v      conn.Version
		packet []byte
		want   string
	}{
		"kind":                    {both, []byte{0xf0, 0}, "of kind 15 AUTH"},
		"client's kind":           {both, []byte{0x82, 0}, "of kind 8 SUBSCRIBE"},
		"flags":                   {both, []byte{0x41, 2, 0, 1}, "a PUBACK with the flags 1"},
		"PUBREL's flags":          {both, []byte{0x60, 2, 0, 1}, "a PUBREL with the flags 0"},
		"short":                   {both, []byte{0x40, 1, 0}, "a PUBACK of 1 bytes"},
		"long ping":               {both, []byte{0xd0, 1, 0}, "a PINGRESP of 1 bytes"},
		"length":                  {both, []byte{0x30, 0xff, 0xff, 0xff, 0xff, 1}, "a length of more than 4 bytes"},
		"large":                   {conn.V5, []byte{0x40, 0xff, 0xff, 0xff, 1}, "a PUBACK of 4194303 bytes"},
		"second CONNACK":          {conn.V5, []byte{0x20, 3, 0, 0, 0}, "a second CONNACK"},
		"DISCONNECT":              {conn.V311, []byte{0xe0, 0}, "of kind 14 DISCONNECT"},
		"QoS 3":                   {both, []byte{0x36, 6, 0, 1, 'a', 0, 1, 0}, "QoS 3"},
		"no topic":                {conn.V311, []byte{0x30, 2, 0, 0}, "without a topic"},
		"no topic and no alias":   {conn.V5, []byte{0x30, 3, 0, 0, 0}, "without a topic and without an alias"},
		"topic's end":             {both, []byte{0x30, 4, 0, 9, 'a', 0}, "ends within its topic"},
		"one byte":                {both, []byte{0x30, 1, 0}, "a PUBLISH of 1 bytes"},
		"wildcard":                {both, []byte{0x30, 4, 0, 1, '+', 0}, "has a wildcard"},
		"other wildcard":          {both, []byte{0x30, 4, 0, 1, '#', 0}, "has a wildcard"},
		"NUL":                     {both, []byte{0x30, 4, 0, 1, 0, 0}, "has a NUL"},
		"not UTF-8":               {both, []byte{0x30, 4, 0, 1, 0xff, 0}, "not UTF-8"},
		"identifier 0":            {both, []byte{0x32, 6, 0, 1, 'a', 0, 0, 0}, "the packet identifier 0"},
		"no properties":           {conn.V5, []byte{0x30, 3, 0, 1, 'a'}, "before its properties"},
		"properties' end":         {conn.V5, []byte{0x30, 5, 0, 1, 'a', 9, 1}, "ends within its properties"},
		"properties' length":      {conn.V5, []byte{0x30, 9, 0, 1, 'a', 0xff, 0xff, 0xff, 0xff, 1, 0}, "length of properties"},
		"early PUBREL":            {both, append(publishPacket(conn.V5, 4, "hold", 7, ""), 0x62, 2, 0, 7), "a PUBREL for message 7, which we have not yet taken"},
		"alias that is not set":   {conn.V5, []byte{0x30, 6, 0, 0, 3, 0x23, 0, 1}, "the topic alias 1, which was not set"},
		"alias that is too large": {conn.V5, []byte{0x30, 7, 0, 1, 'a', 3, 0x23, 0, 65}, "the topic alias 65"},
		"PUBACK that is cut":      {conn.V5, []byte{0x40, 5, 0, 1, 0x87, 9, 0x1f}, "a PUBACK that cannot be decoded"},
	} {
		versions(t, func(t *testing.T, v conn.Version) {
			if c.v != both && c.v != v {
				return
			}
			t.Run(name, func(t *testing.T) {
				hold := make(chan struct{})
				o := conn.Options{Version: v, Broker: fake(t, func(p *peer) {
					p.accept()
					p.write(c.packet...)
					p.await(14)
				})}
				o.OnMessage = func(in conn.Incoming) {
					if in.Topic == "hold" {
						<-hold
						return
					}
					t.Errorf("shown: %+v", in)
				}
				l := dial(t, o)
				if name == "early PUBREL" { // it is read while OnMessage has its message
					require.Eventually(t, func() bool { return l.Subscribe(t.Context(), conn.Subscription{Filter: "a"}) != nil }, patience, 1)
				}
				close(hold)
				err := next(t, "the loss", l.lost)
				require.ErrorIs(t, err, conn.ErrLost)
				require.ErrorIs(t, err, conn.ErrMalformed)
				require.ErrorContains(t, err, c.want)
				require.NoError(t, l.Close())
			})
		})
	}
}

// An answer to a SUBSCRIBE that does not fit it.
func TestMalformedSuback(t *testing.T) {
	for name, packet := range map[string][]byte{
		"too many 3.1.1": {0x90, 4, 0, 1, 0, 1}, "another kind 3.1.1": {0xb0, 2, 0, 1},
		"too many 5": {0x90, 5, 0, 1, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			v := conn.V5
			if len(name) > 5 && name[len(name)-5:] == "3.1.1" {
				v = conn.V311
			}
			l := dial(t, conn.Options{Version: v, Broker: fake(t, func(p *peer) {
				p.accept()
				p.await(8)
				p.write(packet...)
				p.await(14)
			})})
			require.Error(t, l.Subscribe(t.Context(), conn.Subscription{Filter: "a"}))
			require.ErrorIs(t, next(t, "the loss", l.lost), conn.ErrMalformed)
		})
	}
}

// We ask for no topic aliases; a broker that sets them nevertheless is
// understood.
func TestTopicAlias(t *testing.T) {
	l := dial(t, conn.Options{Version: conn.V5, Broker: fake(t, func(p *peer) {
		p.accept()
		p.write(0x30, 8, 0, 1, 'a', 3, 0x23, 0, 1, '1')
		p.write(0x30, 8, 0, 1, 'b', 3, 0x23, 0, 64, '2')
		p.write(0x30, 7, 0, 0, 3, 0x23, 0, 1, '3')
		p.write(0x30, 8, 0, 1, 'c', 3, 0x23, 0, 1, '4')
		p.write(0x30, 7, 0, 0, 3, 0x23, 0, 1, '5')
		p.write(0x30, 7, 0, 0, 3, 0x23, 0, 64, '6')
		p.await(14)
	})})
	for _, want := range []string{"a1", "b2", "a3", "c4", "c5", "b6"} {
		m := l.hear(t)
		require.Equal(t, want, m.Topic+string(m.Payload))
		require.Nil(t, m.Properties)
	}
}
