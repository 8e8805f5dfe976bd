package pcap_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/format/pcap"
	"github.com/stretchr/testify/require"
)

// readAll reads a capture to its end or its error.
func readAll(b []byte, o pcap.Options) ([]recorder.Record, pcap.Stats, error) {
	r := pcap.NewReader(bytes.NewReader(b), o)
	var out []recorder.Record
	for {
		var rec recorder.Record
		if err := r.Next(&rec); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return out, r.Stats(), err
		}
		out = append(out, rec)
	}
}

func messagesOf(records []recorder.Record) []recorder.Record {
	var out []recorder.Record
	for _, r := range records {
		if r.Kind.IsMessage() && r.Kind != recorder.KindWill {
			out = append(out, r)
		}
	}
	return out
}

// tell writes records so that tests can name them: what and who, without times.
func tell(records []recorder.Record) []string {
	out := []string{}
	for _, r := range records {
		var b strings.Builder
		b.WriteString(r.Kind.String())
		if r.Client != "" {
			fmt.Fprintf(&b, " by %s", r.Client)
		}
		if r.Topic != "" {
			fmt.Fprintf(&b, " %s", r.Topic)
		}
		if r.Kind.IsMessage() {
			if len(r.Payload) > 40 {
				fmt.Fprintf(&b, " %d bytes", len(r.Payload))
			} else {
				fmt.Fprintf(&b, " %q", r.Payload)
			}
		}
		if r.QoS > 0 {
			fmt.Fprintf(&b, " qos%d", r.QoS)
		}
		if r.Retain {
			b.WriteString(" retain")
		}
		if r.Dup {
			b.WriteString(" dup")
		}
		if r.Text != "" {
			fmt.Fprintf(&b, " (%s)", r.Text)
		}
		out = append(out, b.String())
	}
	return out
}

func dataFile(t testing.TB, name string) []byte {
	t.Helper()
	dir := os.Getenv("HUBTAPE_DATA")
	if dir == "" {
		t.Skip("HUBTAPE_DATA does not say where the shared recordings are")
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	return b
}

// expected is a line of what an independent parser found in the captures.
type expected struct {
	T          float64
	Topic      string
	Payload    string
	PayloadEnc string `json:"payload_enc"`
	QoS        byte
	Retain     bool
	Dir        string
	Note       string
}

func expectations(t testing.TB, name string) []expected {
	t.Helper()
	var out []expected
	lines := bufio.NewScanner(bytes.NewReader(dataFile(t, name)))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e expected
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		if e.PayloadEnc == "base64" {
			b, err := base64.StdEncoding.DecodeString(e.Payload)
			require.NoError(t, err)
			e.Payload = string(b)
		}
		out = append(out, e)
	}
	require.NoError(t, lines.Err())
	return out
}

// requireSame compares the messages of a capture with what is expected: content,
// order, direction, and the time between them.
func requireSame(t *testing.T, want []expected, records []recorder.Record) {
	t.Helper()
	got := messagesOf(records)
	require.Len(t, got, len(want), "%q", tell(got))
	for i, w := range want {
		g := got[i]
		require.Equal(t, w.Topic, g.Topic)
		require.True(t, w.Payload == string(g.Payload), "payload of message %d: %d bytes, want %d", i, len(g.Payload), len(w.Payload))
		require.Equal(t, w.QoS, g.QoS)
		require.Equal(t, w.Retain, g.Retain)
		delivered := w.Dir == "from-broker"
		require.Equal(t, delivered, strings.HasPrefix(g.Text, "to "), "message %d: %q", i, g.Text)
		require.Equal(t, delivered, g.Client == "", "message %d: %q", i, g.Client)
		require.Equal(t, delivered && w.Retain, g.Kind == recorder.KindSnapshot, "message %d is a %v", i, g.Kind)
		apart := time.Duration((w.T - want[0].T) * 1e9).Round(time.Microsecond)
		if len(g.Payload) < 10_000 && len(got[0].Payload) < 10_000 {
			require.Equal(t, apart, g.At-got[0].At, "message %d", i)
			continue
		}
		// That parser takes the time of the packet with which a message ends.
		require.InDelta(t, apart, g.At-got[0].At, float64(time.Millisecond), "message %d", i)
	}
}

func TestRecordings(t *testing.T) {
	for capture, jsonl := range map[string]string{
		"zeek-mqtt.pcap": "pcap-zeek-mqtt.jsonl", "mqtt-limit-2_input.pcap": "pcap-suricata-limit2.jsonl",
	} {
		t.Run(capture, func(t *testing.T) {
			got, stats, err := readAll(dataFile(t, "pcap/"+capture), pcap.Options{})
			require.NoError(t, err)
			requireSame(t, expectations(t, jsonl), got)
			require.Zero(t, stats.Skipped, "%v", stats.FirstSkipped)
			require.Zero(t, stats.LostBytes)
		})
	}
	t.Run("versions and QoS", func(t *testing.T) {
		compared := 0
		for _, w := range expectations(t, "pcap-suricata-versions-qos.jsonl") {
			path := filepath.Join(os.Getenv("HUBTAPE_DATA"), "pcap", w.Note)
			if _, err := os.Stat(path); err != nil {
				continue // not all of the captures are at hand
			}
			got, stats, err := readAll(dataFile(t, "pcap/"+w.Note), pcap.Options{})
			require.NoError(t, err)
			requireSame(t, []expected{w}, got)
			require.Zero(t, stats.Skipped, "%v", stats.FirstSkipped)
			compared++
		}
		require.GreaterOrEqual(t, compared, 6)
	})
}

// TestRecordingTimes: a message has the time of the packet with which it began.
// The captured packets are at .654879, .655256, .655450 and .659497.
func TestRecordingTimes(t *testing.T) {
	got, _, err := readAll(dataFile(t, "pcap/mqtt-limit-2_input.pcap"), pcap.Options{})
	require.NoError(t, err)
	var walls []int64
	for _, r := range messagesOf(got) {
		require.Equal(t, r.Wall-1592999110651418000, int64(r.At))
		walls = append(walls, r.Wall)
	}
	require.Equal(t, []int64{1592999112654879000, 1592999112655256000, 1592999116655450000, 1592999120659497000}, walls)
}

func TestOddRecordings(t *testing.T) {
	for _, c := range []struct {
		file  string
		want  []string
		stats pcap.Stats
		first string
	}{
		{
			file:  "mqtt-events-invalid-qos_input.pcap", // also without the PUBACK
			want:  []string{"connect by myvoiceismypassport", "disconnect by myvoiceismypassport"},
			stats: pcap.Stats{Records: 2, Skipped: 1, Streams: 1, LostBytes: 4}, first: "input: packet 8: not an MQTT packet: type 3 with flags 0x6 and 26 bytes",
		},
		{
			file: "mqtt-events-missing-connect_input.pcap",
			want: []string{
				"subscribe by [::1]:60105 house/bulbs/bulb1 qos1",
				"subscribe by [::1]:60105 house/bulbs/bar qos2",
				`message by [::1]:60105 house/bulbs/bulb1 "OFF" qos2`,
				`message by [::1]:60105 house/bulbs/foo2 "ON" qos2`,
				`message house/bulbs/bulb1 "OFF" qos1 (to [::1]:60105)`,
				"disconnect by [::1]:60105",
				"connect by P1", "subscribe by P1 house/bulbs/bulb2 qos1", "disconnect by P1",
			},
			stats: pcap.Stats{Records: 9, Streams: 2, NotMQTT: 4, LostBytes: 16},
		},
		{
			file: "mqtt-frames-truncated_input.pcap",
			want: []string{"connect by auto-17236393-B532-03F2-6526-F71115B8A4BE"}, stats: pcap.Stats{Records: 1, Streams: 1},
		},
		{
			file: "mqtt-midstream-split_mqtt-midstream-split.pcap",
			want: []string{
				"message by auto-1B43E800-08E3-3BA1-2E97-E9A0B4064BF5 topicX 35758 bytes",
				"disconnect by auto-1B43E800-08E3-3BA1-2E97-E9A0B4064BF5",
			},
			stats: pcap.Stats{Records: 2, Streams: 1},
		},
		{
			file: "mqtt5-sub-userpass_input.pcap",
			want: []string{
				"connect by myvoiceismypassport", "subscribe by myvoiceismypassport topicX",
				"subscribe by myvoiceismypassport topicY", "disconnect by myvoiceismypassport (reason 0x04)",
			},
			stats: pcap.Stats{Records: 4, Streams: 1},
		},
	} {
		t.Run(c.file, func(t *testing.T) {
			got, stats, err := readAll(dataFile(t, "pcap/"+c.file), pcap.Options{})
			require.NoError(t, err)
			require.Equal(t, c.want, tell(got))
			if c.first != "" {
				require.EqualError(t, stats.FirstSkipped, c.first)
				require.ErrorIs(t, stats.FirstSkipped, pcap.ErrPacket)
			}
			stats.FirstSkipped = nil
			require.Equal(t, c.stats, stats)
		})
	}
}

// TestRecordingProperties: those of the file come from a program that sets all
// there are, the format indicator to 88.
func TestRecordingProperties(t *testing.T) {
	got, _, err := readAll(dataFile(t, "pcap/mqtt5-pub-mosquittoprops_input.pcap"), pcap.Options{})
	require.NoError(t, err)
	messages := messagesOf(got)
	require.Len(t, messages, 1)
	p := messages[0].Properties
	require.NotNil(t, p)
	require.EqualValues(t, 88, *p.PayloadFormat)
	require.EqualValues(t, 77, *p.ExpirySeconds)
	require.Equal(t, "mytype", p.ContentType)
	require.Equal(t, "12345", string(p.CorrelationData))
	require.NotEmpty(t, p.ResponseTopic)
	require.NotEmpty(t, p.User)
	for _, l := range tell(got) {
		require.NotContains(t, l, "user")
	}
}
