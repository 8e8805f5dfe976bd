package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/foxglove/mcap/go/mcap"
	"github.com/hubtape/hubtape/recorder"
)

const tapeMessages = 1_000_000

// house writes what a house says, 180 bytes a message, into buf.
func house(i int, buf []byte) (topic string, at time.Duration, payload []byte) {
	payload = fmt.Appendf(buf[:0], `{"battery":%d,"humidity":%d.%d,"last_seen":"2026-01-10T%02d:%02d:%02d.%03dZ","linkquality":%d,"pressure":%d,"temperature":%d.%02d,"voltage":%d,"update":{"installed_version":1,"state":"idle"}}`,
		90+i%10, 40+i%20, i%10, i/3600000%24, i/60000%60, i/1000%60, i%1000, 80+i%100, 990+i%30, 18+i%6, i%100, 2900+i%200)
	return deviceTopics[i%50], time.Duration(i) * 20 * time.Millisecond, payload
}

func writeTape(n int) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "hubtape-bench-*")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	path = filepath.Join(dir, "house.hubtape")
	w, err := recorder.Create(path, recorder.Options{Start: time.Unix(1768000000, 0)})
	if err != nil {
		remove()
		return "", nil, err
	}
	var buf []byte
	for i := 0; i < n && err == nil; i++ {
		r := recorder.Record{Kind: recorder.KindMessage}
		var payload []byte
		r.Topic, r.At, payload = house(i, buf)
		buf = payload
		r.Payload = payload
		r.Wall = 1768000000e9 + int64(r.At)
		err = w.Append(r)
	}
	return path, remove, errors.Join(err, w.Close())
}

// generating is what making the messages takes, which is no work of a tape.
func generating(n int) time.Duration {
	began := time.Now()
	var buf []byte
	for i := range n {
		_, _, buf = house(i, buf)
	}
	return time.Since(began)
}

func tapeWrite() (result, error) {
	began := time.Now()
	_, remove, err := writeTape(tapeMessages)
	if err != nil {
		return result{}, err
	}
	remove()
	ours := tapeMessages / (time.Since(began) - generating(tapeMessages)).Seconds()
	began = time.Now()
	_, err = writeMCAP(tapeMessages)
	peer := tapeMessages / (time.Since(began) - generating(tapeMessages)).Seconds()
	met := atLeast(ours, peer)
	if met == "yes" {
		met = atLeast(ours, 1.46e6)
	}
	return result{fmt.Sprintf("%.2f M/s", ours/1e6), fmt.Sprintf("MCAP %.2f M/s (%.1f×)", peer/1e6, ours/peer), met}, err
}

func tapeScan() (result, error) {
	path, remove, err := writeTape(tapeMessages)
	if err != nil {
		return result{}, err
	}
	defer remove()
	tape, err := recorder.Open(path)
	if err != nil {
		return result{}, err
	}
	defer tape.Close()
	began := time.Now()
	n, bytesSeen := 0, 0
	cursor := tape.Cursor(recorder.Query{Transient: true})
	for cursor.Next() {
		n++
		bytesSeen += len(cursor.Record().Payload)
	}
	ours := float64(n) / time.Since(began).Seconds()
	if err := cursor.Err(); err != nil || n != tapeMessages {
		return result{}, fmt.Errorf("scanned %d: %w", n, err)
	}
	file, err := writeMCAP(tapeMessages)
	if err != nil {
		return result{}, err
	}
	peer, err := scanMCAP(file)
	met := atLeast(ours, peer)
	if met == "yes" {
		met = atLeast(ours, 5.7e6)
	}
	return result{fmt.Sprintf("%.1f M/s", ours/1e6), fmt.Sprintf("MCAP %.1f M/s (%.1f×)", peer/1e6, ours/peer), met}, err
}

func tapeSize() (result, error) {
	path, remove, err := writeTape(tapeMessages)
	if err != nil {
		return result{}, err
	}
	defer remove()
	info, err := os.Stat(path)
	if err != nil {
		return result{}, err
	}
	file, err := writeMCAP(tapeMessages)
	ours, peer := float64(info.Size())/tapeMessages, float64(len(file))/tapeMessages
	return result{fmt.Sprintf("%.1f B", ours), fmt.Sprintf("MCAP %.1f B", peer), atMost(ours, 27)}, err
}

// writeMCAP writes the same messages as MCAP does by default: chunks of 1 MiB,
// zstd, with its message index.
func writeMCAP(n int) ([]byte, error) {
	var file bytes.Buffer
	w, err := mcap.NewWriter(&file, &mcap.WriterOptions{Chunked: true, ChunkSize: 1 << 20, Compression: mcap.CompressionZSTD})
	if err != nil {
		return nil, err
	}
	err = w.WriteHeader(&mcap.Header{Profile: "mqtt"})
	channels := map[string]uint16{}
	var buf []byte
	for i := 0; i < n && err == nil; i++ {
		topic, at, payload := house(i, buf)
		buf = payload
		id, known := channels[topic]
		if !known {
			id = uint16(len(channels) + 1)
			channels[topic] = id
			err = w.WriteChannel(&mcap.Channel{ID: id, Topic: topic, MessageEncoding: "json"})
		}
		err = errors.Join(err, w.WriteMessage(&mcap.Message{ChannelID: id, LogTime: uint64(at), PublishTime: uint64(at), Data: payload}))
	}
	err = errors.Join(err, w.Close())
	return file.Bytes(), err
}

func scanMCAP(file []byte) (perSecond float64, err error) {
	began := time.Now()
	reader, err := mcap.NewReader(bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	it, err := reader.Messages(mcap.InOrder(mcap.FileOrder))
	if err != nil {
		return 0, err
	}
	n := 0
	var m mcap.Message
	for {
		if _, _, _, err := it.NextInto(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return 0, err
		}
		n++
	}
	if !json.Valid(m.Data) {
		return 0, errors.New("the last message is not what was written")
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
