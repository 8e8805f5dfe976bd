package conn_test

import (
	"bytes"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/mqtt/conn"
)

// BenchmarkIncoming is how fast a broker that sends as fast as it can is heard;
// an operation is a message.
func BenchmarkIncoming(b *testing.B) {
	payload := string(bytes.Repeat([]byte("x"), 110)) // with its topic just short of a length of two bytes
	for _, v := range []conn.Version{conn.V311, conn.V5} {
		for qos := range byte(2) {
			b.Run(fmt.Sprintf("version=%s/qos=%d", v, qos), func(b *testing.B) {
				heard := make(chan struct{})
				var n atomic.Int64
				begin := make(chan struct{})
				address := fake(b, func(p *peer) {
					packet := publishPacket(p.accept(), qos<<1, "z/hall", 1, payload)
					batch := bytes.Repeat(packet, 100)
					<-begin
					go drain(p.nc)
					for sent := 0; sent < b.N; sent += 100 {
						p.write(batch[:len(packet)*min(100, b.N-sent)]...)
					}
					<-heard
				})
				_ = dial(b, conn.Options{Broker: address, Version: v, OnMessage: func(conn.Incoming) {
					if n.Add(1) == int64(b.N) {
						close(heard)
					}
				}})
				b.ReportAllocs()
				b.ResetTimer()
				close(begin)
				<-heard
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			})
		}
	}
}

// BenchmarkMosquitto is from Publish through a real broker to OnMessage.
func BenchmarkMosquitto(b *testing.B) {
	address := mosquitto(b, setup{scheme: "mqtt"})
	payload := bytes.Repeat([]byte("x"), 185)
	for _, v := range []conn.Version{conn.V311, conn.V5} {
		for qos := range byte(3) {
			b.Run(fmt.Sprintf("version=%s/qos=%d", v, qos), func(b *testing.B) {
				heard := make(chan struct{})
				var n atomic.Int64
				hears := dial(b, conn.Options{Broker: address, Version: v, OnMessage: func(conn.Incoming) {
					if n.Add(1) == int64(b.N) {
						close(heard)
					}
				}})
				hears.subscribe(b, conn.Subscription{Filter: "z/hall", QoS: qos})
				says := dial(b, conn.Options{Broker: address, Version: v})
				b.ResetTimer()
				for range b.N {
					if err := says.Publish(mqtt.Message{Topic: "z/hall", Payload: payload, QoS: qos}, nil); err != nil {
						b.Fatal(err)
					}
				}
				<-heard
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			})
		}
	}
}
