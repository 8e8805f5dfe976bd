package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// generator publishes over a bare connection, so that it takes as little of the
// machine as it can.
type generator struct {
	net.Conn
	out    *bufio.Writer
	qos    byte
	sent   uint64
	acked  atomic.Uint64
	ackErr chan error
	buf    []byte
}

// ackWindow is how many messages may wait for an acknowledgement: below the
// number of packet ids.
const ackWindow = 20_000

func dialLive(port int, qos byte) (*generator, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return nil, err
	}
	if err := connectAs(conn, "generator-"+strconv.Itoa(port)); err != nil {
		_ = conn.Close()
		return nil, err
	}
	g := &generator{Conn: conn, out: bufio.NewWriterSize(conn, 1<<18), qos: qos, ackErr: make(chan error, 1)}
	if qos > 0 {
		go g.readAcks()
	}
	return g, nil
}

// readAcks counts PUBACKs, four bytes each.
func (g *generator) readAcks() {
	in := bufio.NewReaderSize(g.Conn, 1<<16)
	var ack [4]byte
	for {
		if _, err := io.ReadFull(in, ack[:]); err != nil {
			g.ackErr <- err
			return
		}
		g.acked.Add(1)
	}
}

// run publishes a hundredth of a second's worth at a time. At QoS 1 it waits
// where the broker does not keep up, and for the last acknowledgement.
func (g *generator) run(lasting time.Duration) (sent uint64, took time.Duration, err error) {
	const batch = liveRate / 100
	payload := bytes.Repeat([]byte(" "), livePayload)
	began := time.Now()
	for at := time.Duration(0); at < lasting; at += 10 * time.Millisecond {
		for range batch {
			topic, _, text := house(int(g.sent), g.buf)
			g.buf = text
			copy(payload, text)
			if err := g.write("bench/"+topic, payload); err != nil {
				return g.sent, 0, err
			}
		}
		if err := g.out.Flush(); err != nil {
			return g.sent, 0, err
		}
		if err := g.waitForAcks(ackWindow); err != nil {
			return g.sent, 0, err
		}
		time.Sleep(time.Until(began.Add(at + 10*time.Millisecond)))
		if time.Since(began) > 2*lasting { // the broker cannot do half of it
			break
		}
	}
	err = g.waitForAcks(0)
	return g.sent, time.Since(began), err
}

// waitForAcks returns when no more than so many are missing.
func (g *generator) waitForAcks(missing uint64) error {
	for g.qos > 0 && g.sent-g.acked.Load() > missing {
		select {
		case err := <-g.ackErr:
			return fmt.Errorf("the broker left with %d messages unacknowledged: %w", g.sent-g.acked.Load(), err)
		case <-time.After(200 * time.Microsecond):
		}
	}
	return nil
}

func (g *generator) publish(topic string, payload []byte) error {
	if err := g.write(topic, payload); err != nil {
		return err
	}
	return g.out.Flush()
}

// write encodes a PUBLISH [MQTT-3.3].
func (g *generator) write(topic string, payload []byte) error {
	var head [8]byte
	b := append(head[:0], packets.Publish<<4|g.qos<<1)
	n := 2 + len(topic) + len(payload)
	if g.qos > 0 {
		n += 2
	}
	b = binary.AppendUvarint(b, uint64(n)) // the same as MQTT's [MQTT-1.5.5]
	b = append(b, byte(len(topic)>>8), byte(len(topic)))
	if _, err := g.out.Write(b); err != nil {
		return err
	}
	if _, err := g.out.WriteString(topic); err != nil {
		return err
	}
	if g.qos > 0 {
		id := uint16(g.sent%65_535) + 1
		if _, err := g.out.Write([]byte{byte(id >> 8), byte(id)}); err != nil {
			return err
		}
	}
	g.sent++
	_, err := g.out.Write(payload)
	return err
}

func connectAs(conn net.Conn, id string) error {
	var b bytes.Buffer
	p := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect}, ProtocolVersion: 4,
		Connect: packets.ConnectParams{ProtocolName: []byte("MQTT"), Clean: true, ClientIdentifier: id},
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
