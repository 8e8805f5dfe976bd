package format

import (
	"fmt"
	"io"

	"github.com/hubtape/hubtape/recorder/format/pcap"
)

// packetCapture is what tcpdump, Wireshark and tshark write.
var packetCapture = Format{
	Name:    "pcap",
	About:   "packet captures, pcap and pcapng",
	Matches: pcap.Matches,
	NewDecoder: func(r io.Reader, o Options) Decoder {
		return &captureDecoder{pcap.NewReader(r, pcap.Options{File: o.File, Ports: o.Ports, Dedupe: o.Dedupe, Lenient: o.Lenient})}
	},
}

// captureDecoder is a reader of captures as a Decoder.
type captureDecoder struct{ *pcap.Reader }

func (d *captureDecoder) Stats() Stats {
	s := d.Reader.Stats()
	out := Stats{Records: s.Records, Skipped: s.Skipped, Held: s.Held, FirstSkipped: s.FirstSkipped}
	remark := func(n int64, text string) {
		if n > 0 {
			out.Remarks = append(out.Remarks, fmt.Sprintf(text, n))
		}
	}
	remark(int64(s.Streams), "connections that speak MQTT: %d")
	remark(int64(s.NotMQTT-s.Encrypted), "connections that speak something else: %d")
	remark(int64(s.Encrypted), "connections that are encrypted and cannot be read: %d")
	remark(int64(s.Duplicates), "copies of a message left out: %d")
	remark(s.LostBytes, "bytes missing from connections or passed over: %d")
	remark(int64(s.CutShort), "packets that were captured without their end: %d")
	remark(int64(s.Fragments), "IP fragments left out: %d")
	return out
}
