package broker_test

import (
	"fmt"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/mqtt"
)

// A lamp publishes, a hall listens; the tap sees both.
func Example() {
	rt := clock.NewVirtual(clock.VirtualOptions{})
	defer rt.Close()
	b, err := broker.New(broker.Options{Runtime: rt, Tap: func(e broker.Event) {
		fmt.Println("tap:", e.Kind, e.Client)
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = rt.Run("house", func() {
		wake := rt.NewSignal("hall has messages")
		hall, _ := b.Connect(broker.ConnectOptions{ClientID: "hall", Wake: wake.Set})
		lamp, _ := b.Connect(broker.ConnectOptions{ClientID: "lamp"})
		_, _ = hall.Subscribe("zigbee2mqtt/#", 1)
		rt.Go("lamp", func() {
			_ = lamp.Publish(mqtt.Message{Topic: "zigbee2mqtt/lamp", Payload: []byte("ON"), QoS: 2})
		})
		_ = wake.Wait(clock.Forever)
		m, _ := hall.Receive()
		fmt.Printf("hall: %s is %s, at QoS %d\n", m.Topic, m.Payload, m.QoS)
	})
	if err != nil {
		fmt.Println(err)
	}
	_ = b.Close()
	// Output:
	// tap: connect hall
	// tap: connect lamp
	// tap: subscribe hall
	// tap: publish lamp
	// hall: zigbee2mqtt/lamp is ON, at QoS 1
	// tap: disconnect hall
	// tap: disconnect lamp
}
