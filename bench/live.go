package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/capture"
	"github.com/mochi-mqtt/server/v2/packets"
)

const (
	liveRate = 100_000
	liveFor  = 60 * time.Second
)

// recordLive publishes 100,000 msg/s for a minute through the broker while a
// capture records, and counts what is on the tape.
func recordLive() (result, error) {
	dir, err := os.MkdirTemp("", "hubtape-bench-*")
	if err != nil {
		return result{}, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "live.hubtape")
	start := time.Now()
	w, err := recorder.Create(path, recorder.Options{Start: start})
	if err != nil {
		return result{}, err
	}
	c, err := capture.New(w, capture.Options{Broker: *live, Start: start, Topics: []string{"bench/#"}})
	if err != nil {
		return result{}, err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Serve(ctx) }()
	sent, took, err := publishLive(func() uint64 { return c.Progress().Messages })
	for quiet := 0; err == nil && quiet < 20; { // until nothing has come for 2 s
		before := c.Progress().Messages
		time.Sleep(100 * time.Millisecond)
		if quiet++; c.Progress().Messages != before {
			quiet = 0
		}
	}
	stop()
	if err := errors.Join(err, <-ended, w.Close()); err != nil {
		return result{}, err
	}
	onTape, err := countLive(path)
	met := "yes"
	switch {
	case onTape < sent:
		met = fmt.Sprintf("no: %d of %d lost", sent-onTape, sent)
	case float64(sent)/took.Seconds() < 0.98*liveRate:
		met = fmt.Sprintf("no: only %.0f msg/s went through", float64(sent)/took.Seconds())
	}
	return result{fmt.Sprintf("%d of %d messages, %.0f msg/s for %.0f s", onTape, sent, float64(sent)/took.Seconds(), took.Seconds()), "", met}, err
}

func countLive(path string) (n uint64, err error) {
	tape, err := recorder.Open(path)
	if err != nil {
		return 0, err
	}
	defer tape.Close()
	cursor := tape.Cursor(recorder.Query{Transient: true, Kinds: recorder.MessageKinds()})
	for cursor.Next() {
		if cursor.Record().Topic != "bench/ready" {
			n++
		}
	}
	return n, cursor.Err()
}

// publishLive publishes at QoS 0 over a bare connection, a hundredth of a
// second's worth at a time. It begins when recorded says that the capture hears.
func publishLive(recorded func() uint64) (sent uint64, took time.Duration, err error) {
	u, err := url.Parse(*live)
	if err != nil {
		return 0, 0, err
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	if err := connect(conn); err != nil {
		return 0, 0, err
	}
	for recorded() == 0 {
		if _, err := conn.Write(encodePublish("bench/ready", nil)); err != nil {
			return 0, 0, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	const batch = liveRate / 100
	out := bufio.NewWriterSize(conn, 1<<20)
	began := time.Now()
	var buf []byte
	for at := time.Duration(0); at < liveFor; at += 10 * time.Millisecond {
		for range batch {
			var topic string
			topic, _, buf = house(int(sent), buf)
			if _, err := out.Write(encodePublish("bench/"+topic, buf)); err != nil {
				return sent, 0, err
			}
			sent++
		}
		if err := out.Flush(); err != nil {
			return sent, 0, err
		}
		time.Sleep(time.Until(began.Add(at + 10*time.Millisecond)))
	}
	return sent, time.Since(began), nil
}

func connect(conn net.Conn) error {
	var b bytes.Buffer
	p := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect}, ProtocolVersion: 4,
		Connect: packets.ConnectParams{ProtocolName: []byte("MQTT"), Clean: true, ClientIdentifier: "bench"},
	}
	if err := p.ConnectEncode(&b); err != nil {
		return err
	}
	if _, err := conn.Write(b.Bytes()); err != nil {
		return err
	}
	ack := make([]byte, 4)
	if _, err := io.ReadFull(conn, ack); err != nil {
		return err
	}
	if ack[3] != 0 {
		return fmt.Errorf("the broker refused the connection with code %d", ack[3])
	}
	return nil
}

// encodePublish writes a QoS 0 PUBLISH [MQTT-3.3].
func encodePublish(topic string, payload []byte) []byte {
	b := make([]byte, 0, 8+len(topic)+len(payload))
	b = append(b, packets.Publish<<4)
	for n := 2 + len(topic) + len(payload); ; {
		if n < 128 {
			b = append(b, byte(n))
			break
		}
		b = append(b, byte(n&127|128))
		n >>= 7
	}
	b = append(b, byte(len(topic)>>8), byte(len(topic)))
	return append(append(b, topic...), payload...)
}
