package codec_test

import (
	"fmt"

	"github.com/hubtape/hubtape/core/proactor/codec"
)

type PowerWatts struct{ Watts int }

func Example() {
	c := codec.New(codec.Options{})
	if err := codec.Register[PowerWatts](c, "power.watts", "000"); err != nil {
		fmt.Println(err)
	}
	text, _ := c.Encode(codec.Message{
		Header:  codec.Header{Src: "hw1.scada", Dst: "a"},
		Payload: PowerWatts{Watts: 4500},
	})
	topic, _ := codec.Topic{Src: "hw1.scada", Dst: "a", Type: "power.watts"}.Format()
	fmt.Println(topic)

	m, _ := c.Decode(topic, text)
	switch p := m.Payload.(type) {
	case PowerWatts:
		fmt.Println(m.Src, "uses", p.Watts, "W")
	}
	_, err := c.Decode(topic, []byte(`{"Header":`))
	fmt.Println(err)
	// Output:
	// gw/hw1-scada/to/a/power-watts
	// hw1.scada uses 4500 W
	// message on "gw/hw1-scada/to/a/power-watts": no JSON, at byte 10: unexpected end of JSON input; it begins "{\"Header\":"
}
