package format

import (
	"bytes"
	"errors"
	"io"
	"math"
	"time"

	"github.com/hubtape/hubtape/recorder"
)

// haDump is the mqtt_dump.txt that Home Assistant's action mqtt.dump writes, in
// which the first comma ends the topic:
//
//	zigbee2mqtt/hall,{"state":"ON","brightness":5}
//
// It says no times, and has taken the line ends out of payloads.
// [Options.Every] spaces its records.
var haDump = Format{
	Name:    "ha-dump",
	About:   "mqtt_dump.txt of Home Assistant",
	Matches: isHADump,
	NewDecoder: func(r io.Reader, o Options) Decoder {
		return newDecoder(o, func(c *common) source {
			c.untimed = true
			c.lack(lackLineEnds)
			d := haDumpSpacing{every: max(o.Every, 0)}
			return &lineSource{lines: newLines(r, c), parse: d.parse}
		})
	},
}

// haDumpSpacing gives times to lines that have none.
type haDumpSpacing struct {
	every time.Duration
	at    time.Duration // of the next line
}

func (d *haDumpSpacing) parse(line []byte, r *recorder.Record) (moment, error) {
	topic, payload, ok := bytes.Cut(line, []byte(","))
	if !ok {
		return moment{}, errors.New("it has no comma after a topic")
	}
	r.Topic, r.Payload = string(topic), bytes.Clone(payload)
	m := offset(d.at)
	if d.at <= math.MaxInt64-d.every {
		d.at += d.every
	}
	return m, nil
}

// isHADump wants a topic before each first comma, most of them with a slash, and
// nothing that is anybody else's.
func isHADump(head []byte) bool {
	lines := headLines(head)
	slashes := 0
	for _, line := range lines {
		topic, _, ok := bytes.Cut(line, []byte(","))
		if !ok || !plainTopic(string(topic)) {
			return false
		}
		if bytes.IndexByte(topic, '/') >= 0 {
			slashes++
		}
	}
	return mostly(slashes, len(lines)) && !mqttRecorder.Matches(head) && !mosquitto.Matches(head) && !pyziggy.Matches(head)
}
