package pcap

import (
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// frame is a captured packet.
type frame struct {
	data    []byte
	missing int // bytes of its end that were not captured
	link    layers.LinkType
	at      place
}

// segment is what a frame says of a TCP connection.
type segment struct {
	from, to            netip.AddrPort
	seq, ack            uint32
	syn, fin, rst, acks bool
	data                []byte
	missing             int // bytes of data's end that were not captured
	at                  place
}

// Link types that have no name in gopacket.
const (
	linkRawBSD  layers.LinkType = 12
	linkRawOpen layers.LinkType = 14
)

// decoderOf returns what the frames of a link type begin with; nil when that is
// not known.
func decoderOf(l layers.LinkType) gopacket.Decoder {
	switch l {
	case layers.LinkTypeNull, layers.LinkTypeLoop, layers.LinkTypeEthernet, layers.LinkTypeRaw, layers.LinkTypePPP,
		layers.LinkTypeLinuxSLL, layers.LinkTypeLinuxSLL2, layers.LinkTypeIEEE802_11, layers.LinkTypeIEEE80211Radio:
		return l
	case linkRawBSD, linkRawOpen, layers.LinkTypeIPv4, layers.LinkTypeIPv6:
		return layers.LinkTypeRaw
	}
	return nil
}

func readable(l layers.LinkType) bool { return decoderOf(l) != nil }

// decode fills s. isFragment tells of a piece of a TCP segment that IP has
// divided; neither means that the frame is no TCP.
func (f *frame) decode(s *segment) (isTCP, isFragment bool) {
	p := gopacket.NewPacket(f.data, decoderOf(f.link), gopacket.DecodeOptions{Lazy: true, NoCopy: true})
	tcp, _ := p.Layer(layers.LayerTypeTCP).(*layers.TCP)
	var src, dst netip.Addr
	switch ip := p.NetworkLayer().(type) {
	case *layers.IPv4:
		if tcp == nil {
			return false, ip.Protocol == layers.IPProtocolTCP && (ip.Flags&layers.IPv4MoreFragments != 0 || ip.FragOffset != 0)
		}
		src, _ = netip.AddrFromSlice(ip.SrcIP)
		dst, _ = netip.AddrFromSlice(ip.DstIP)
	case *layers.IPv6:
		if tcp == nil {
			piece, _ := p.Layer(layers.LayerTypeIPv6Fragment).(*layers.IPv6Fragment)
			return false, piece != nil && piece.NextHeader == layers.IPProtocolTCP
		}
		src, _ = netip.AddrFromSlice(ip.SrcIP)
		dst, _ = netip.AddrFromSlice(ip.DstIP)
	default:
		return false, false
	}
	*s = segment{
		from: netip.AddrPortFrom(src, uint16(tcp.SrcPort)), to: netip.AddrPortFrom(dst, uint16(tcp.DstPort)),
		seq: tcp.Seq, ack: tcp.Ack, syn: tcp.SYN, fin: tcp.FIN, rst: tcp.RST, acks: tcp.ACK,
		data: tcp.Payload, missing: f.missing, at: f.at,
	}
	return true, false
}
