package pcap_test

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/stretchr/testify/require"
)

// started is when captures that tests make begin.
var started = time.Date(2026, 1, 10, 17, 0, 0, 0, time.UTC)

// packet is a captured packet of a capture that a test makes.
type packet struct {
	at   time.Time
	data []byte
	size int // before it was cut; 0: it was not
}

// wire is a network on which everything is captured: one packet each
// millisecond.
type wire struct {
	t       testing.TB
	link    layers.LinkType // default Ethernet
	vlan    bool
	clock   time.Time
	packets []packet
}

func newWire(t testing.TB) *wire {
	return &wire{t: t, link: layers.LinkTypeEthernet, clock: started}
}

func (w *wire) wait(d time.Duration) { w.clock = w.clock.Add(d) }

// tcp is a connection on a wire.
type tcp struct {
	w              *wire
	client, server netip.AddrPort
	seq            [2]uint32 // of the client and the server
}

const (
	byClient = 0
	byServer = 1
)

// meet returns a connection whose handshake was not captured.
func (w *wire) meet(client, server string) *tcp {
	return &tcp{w: w, client: netip.MustParseAddrPort(client), server: netip.MustParseAddrPort(server), seq: [2]uint32{0xfffffff0, 7000}}
}

func (w *wire) dial(client, server string) *tcp {
	c := w.meet(client, server)
	c.shake()
	return c
}

func (c *tcp) shake() {
	c.send(byClient, layers.TCP{SYN: true}, nil)
	c.send(byServer, layers.TCP{SYN: true, ACK: true}, nil)
	c.send(byClient, layers.TCP{ACK: true}, nil)
}

// say sends data, each in a segment of its own.
func (c *tcp) say(side int, data ...[]byte) {
	for _, d := range data {
		c.send(side, layers.TCP{ACK: true, PSH: true}, d)
	}
}

// miss sends what is not captured.
func (c *tcp) miss(side int, data []byte) { c.seq[side] += uint32(len(data)) }

// acks has a side acknowledge all that the other has sent.
func (c *tcp) acks(side int) { c.send(side, layers.TCP{ACK: true}, nil) }

func (c *tcp) hangUp() {
	c.send(byClient, layers.TCP{ACK: true, FIN: true}, nil)
	c.send(byServer, layers.TCP{ACK: true, FIN: true}, nil)
	c.acks(byClient)
}

func (c *tcp) send(side int, flags layers.TCP, data []byte) {
	c.w.packets = append(c.w.packets, packet{at: c.w.clock, data: c.frame(side, flags, data)})
	c.w.clock = c.w.clock.Add(time.Millisecond)
	c.seq[side] += uint32(len(data))
	if flags.SYN || flags.FIN {
		c.seq[side]++
	}
}

func (c *tcp) frame(side int, head layers.TCP, data []byte) []byte {
	from, to := c.client, c.server
	if side == byServer {
		from, to = to, from
	}
	head.SrcPort, head.DstPort = layers.TCPPort(from.Port()), layers.TCPPort(to.Port())
	head.Seq, head.Window = c.seq[side], 65535
	if head.ACK {
		head.Ack = c.seq[1-side]
	}
	var ip gopacket.SerializableLayer
	kind := layers.EthernetTypeIPv4
	if from.Addr().Is4() {
		ip4 := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice()}
		require.NoError(c.w.t, head.SetNetworkLayerForChecksum(ip4))
		ip = ip4
	} else {
		ip6 := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolTCP, SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice()}
		require.NoError(c.w.t, head.SetNetworkLayerForChecksum(ip6))
		ip, kind = ip6, layers.EthernetTypeIPv6
	}
	var all []gopacket.SerializableLayer
	var before []byte
	switch c.w.link {
	case layers.LinkTypeEthernet:
		eth := &layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6), EthernetType: kind}
		all = append(all, eth)
		if c.w.vlan {
			eth.EthernetType = layers.EthernetTypeDot1Q
			all = append(all, &layers.Dot1Q{VLANIdentifier: 7, Type: kind})
		}
	case layers.LinkTypeNull:
		before = []byte{2, 0, 0, 0}
	case layers.LinkTypeLoop:
		before = []byte{0, 0, 0, 2}
	case layers.LinkTypeLinuxSLL:
		before = binary.BigEndian.AppendUint16([]byte{0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0}, uint16(kind))
	case layers.LinkTypeLinuxSLL2:
		before = append(binary.BigEndian.AppendUint16(nil, uint16(kind)), make([]byte, 18)...)
		before[9], before[11] = 1, 6 // Ethernet, with an address of 6 bytes
	}
	all = append(all, ip, &head, gopacket.Payload(data))
	b := gopacket.NewSerializeBuffer()
	require.NoError(c.w.t, gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, all...))
	return append(before, b.Bytes()...)
}

// pcap writes the capture as pcapgo does.
func (w *wire) pcap() []byte {
	var b bytes.Buffer
	out := pcapgo.NewWriter(&b)
	require.NoError(w.t, out.WriteFileHeader(65536, w.link))
	for _, p := range w.packets {
		require.NoError(w.t, out.WritePacket(p.info(), p.data))
	}
	return b.Bytes()
}

func (p *packet) info() gopacket.CaptureInfo {
	return gopacket.CaptureInfo{Timestamp: p.at, CaptureLength: len(p.data), Length: max(p.size, len(p.data))}
}

func (w *wire) pcapng() []byte {
	var b bytes.Buffer
	out, err := pcapgo.NewNgWriter(&b, w.link)
	require.NoError(w.t, err)
	for _, p := range w.packets {
		require.NoError(w.t, out.WritePacket(p.info(), p.data))
	}
	require.NoError(w.t, out.Flush())
	return b.Bytes()
}

// raw writes the capture in any order of bytes and any unit of time.
func (w *wire) raw(order binary.AppendByteOrder, magic uint32, link uint32, unit time.Duration) []byte {
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	for _, v := range []uint32{0, 0, 0 /* no snap length, as some programs write */, link} {
		b = order.AppendUint32(b, v)
	}
	for _, p := range w.packets {
		b = order.AppendUint32(b, uint32(p.at.Unix()))
		b = order.AppendUint32(b, uint32(time.Duration(p.at.Nanosecond())/unit))
		b = order.AppendUint32(b, uint32(len(p.data)))
		b = order.AppendUint32(b, uint32(max(p.size, len(p.data))))
		b = append(b, p.data...)
	}
	return b
}

// The control packets that tests need. They are written out, so that nothing of
// what is tested is used to make them.

func control(first byte, body ...[]byte) []byte {
	all := bytes.Join(body, nil)
	n := len(all)
	out := []byte{first}
	for {
		b := byte(n & 0x7f)
		if n >>= 7; n > 0 {
			out = append(out, b|0x80)
			continue
		}
		return append(append(out, b), all...)
	}
}

func text(s string) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) }

func number(n uint16) []byte { return binary.BigEndian.AppendUint16(nil, n) }

// block is a property block.
func block(properties ...[]byte) []byte {
	return control(0, properties...)[1:] // it has a length like a packet's
}

func connectAs(level byte, id string) []byte {
	name := "MQTT"
	if level == 3 {
		name = "MQIsdp"
	}
	var props []byte
	if level == 5 {
		props = block()
	}
	return control(0x10, text(name), []byte{level, 0xc2, 0, 60}, props, text(id), text("the user"), text("the secret"))
}

func connack(level byte) []byte {
	if level == 5 {
		return control(0x20, []byte{0, 0}, block())
	}
	return control(0x20, []byte{0, 0})
}

// said is a PUBLISH of a test.
type said struct {
	topic, payload string
	qos            byte
	id             uint16
	retain, dup    bool
}

func (s said) packet(level byte, properties ...[]byte) []byte {
	first := 0x30 | s.qos<<1
	if s.retain {
		first |= 1
	}
	if s.dup {
		first |= 8
	}
	var id, props []byte
	if s.qos > 0 {
		id = number(max(s.id, 1))
	}
	if level == 5 {
		props = block(properties...)
	}
	return control(first, text(s.topic), id, props, []byte(s.payload))
}

func subscribe(filter string, qos byte) []byte {
	return control(0x82, number(1), text(filter), []byte{qos})
}

var (
	disconnect = []byte{0xe0, 0}
	pingreq    = []byte{0xc0, 0}
	pingresp   = []byte{0xd0, 0}
)

// each cuts bytes into segments of n bytes.
func each(n int, b []byte) (out [][]byte) {
	for len(b) > n {
		out = append(out, b[:n])
		b = b[n:]
	}
	return append(out, b)
}
