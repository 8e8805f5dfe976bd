package conn_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/hubtape/hubtape/mqtt/conn"
	"github.com/stretchr/testify/require"
)

// propertiesPacket is a PUBLISH of MQTT 5 with these properties.
func propertiesPacket(flags byte, topic string, id uint16, properties []byte, payload string) []byte {
	body := append([]byte{0, byte(len(topic))}, topic...)
	if flags&6 != 0 {
		body = binary.BigEndian.AppendUint16(body, id)
	}
	body = append(append(body, byte(len(properties))), properties...)
	body = append(body, payload...)
	return append([]byte{0x30 | flags, byte(len(body))}, body...)
}

// Messages that we read by ourselves and those that a library reads, of QoS 0, 1
// and 2, come in the order of the wire, and every one of QoS 1 is acknowledged.
func TestPlainAndOthersInOrder(t *testing.T) {
	const count = 3000
	user := []byte{0x26, 0, 1, 'k', 0, 1, 'v'}
	draw := rand.New(rand.NewPCG(1, 2))
	wantAcks := map[uint16]bool{}
	acks := make(chan map[uint16]bool, 1)
	address := fake(t, func(p *peer) {
		p.accept()
		var stream []byte
		for n := range count {
			id := uint16(n + 1)
			properties := [][]byte{nil, {0x0b, 7}, {0x0b, 0x80, 1}, user, append([]byte{0x0b, 7}, user...)}[draw.IntN(5)]
			qos := byte(draw.IntN(3)) << 1
			stream = append(stream, propertiesPacket(qos|byte(draw.IntN(2)), "t", id, properties, fmt.Sprint(n))...)
			if qos == 2 {
				wantAcks[id] = true
			}
		}
		go p.write(stream...)
		got := map[uint16]bool{}
		for len(got) < len(wantAcks) {
			switch first, body := p.read(); first >> 4 {
			case 0:
				acks <- got
				return
			case 4:
				got[binary.BigEndian.Uint16(body)] = true
			case 5:
				p.write(0x62, 2, body[0], body[1])
			}
		}
		acks <- got
		drain(p.nc)
	})
	heard := make(chan conn.Incoming, count)
	_ = dial(t, conn.Options{Broker: address, Version: conn.V5, OnMessage: func(in conn.Incoming) { heard <- in }})
	for n := range count {
		require.Equal(t, fmt.Sprint(n), string((<-heard).Payload))
	}
	require.Equal(t, wantAcks, <-acks)
}

// What a plain message says is what the library would have said.
func TestPlainMessage(t *testing.T) {
	for name, c := range map[string]struct {
		flags      byte
		properties []byte
		id         int
	}{
		"nothing":     {0, nil, 0},
		"all flags":   {8 | 2 | 1, nil, 0},
		"identifier":  {1, []byte{0x0b, 5}, 5},
		"a large one": {2, []byte{0x0b, 0xff, 0xff, 0xff, 0x7f}, 268_435_455},
		"two":         {0, []byte{0x0b, 5, 0x0b, 6}, 6},
		"another":     {0, []byte{0x01, 1}, 0},
	} {
		address := fake(t, func(p *peer) {
			p.accept()
			p.write(propertiesPacket(c.flags, "a/b", 9, c.properties, "x\x00y")...)
			drain(p.nc)
		})
		heard := make(chan conn.Incoming, 1)
		_ = dial(t, conn.Options{Broker: address, Version: conn.V5, OnMessage: func(in conn.Incoming) { heard <- in }})
		in := <-heard
		require.Equal(t, "a/b", in.Topic, name)
		require.Equal(t, "x\x00y", string(in.Payload), name)
		require.Equal(t, c.flags>>1&3, in.QoS, name)
		require.Equal(t, c.flags&1 != 0, in.Retain, name)
		require.Equal(t, c.flags&8 != 0, in.Dup, name)
		require.Equal(t, c.id, in.Subscription, name)
		require.Equal(t, name == "another", in.Properties != nil, name)
	}
}
