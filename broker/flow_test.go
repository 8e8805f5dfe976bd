package broker_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
)

// The kinds of packets that these tests speak of.
const (
	pConnack = 2 + iota
	pPublish
	pPuback
	pPubrec
	pPubrel
	pPubcomp
	pSubscribe
	pSuback
	_
	_
	_
	pPingresp
)

// packet is one that was read.
type packet struct {
	kind    byte
	qos     byte
	dup     bool
	id      uint16
	topic   string
	payload string
	body    []byte
}

// reader is a client of MQTT 5 or 3.1.1 that acknowledges when it is told to.
type reader struct {
	net.Conn
	in *bufio.Reader
	v5 bool
}

// readerOptions say what the CONNECT of a reader says.
type readerOptions struct {
	id             string
	old            bool   // 3.1.1
	keep           bool   // the session outlives the connection
	receiveMaximum uint16 // 0: not said
	maximumPacket  uint32 // 0: not said
	aliases        uint16 // 0: not said
}

func read(address string, o readerOptions) (*reader, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	r := &reader{nc, bufio.NewReader(nc), !o.old}
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	flags := byte(2)
	if o.keep {
		flags = 0
	}
	body := append(str("MQTT"), 4, flags, 0, 0)
	if !o.old {
		body[6] = 5
		var props []byte
		if o.keep {
			props = append(props, 0x11, 0, 0, 0xff, 0xff)
		}
		if o.receiveMaximum > 0 {
			props = binary.BigEndian.AppendUint16(append(props, 0x21), o.receiveMaximum)
		}
		if o.maximumPacket > 0 {
			props = binary.BigEndian.AppendUint32(append(props, 0x27), o.maximumPacket)
		}
		if o.aliases > 0 {
			props = binary.BigEndian.AppendUint16(append(props, 0x22), o.aliases)
		}
		body = append(append(body, byte(len(props))), props...)
	}
	if err := r.say(0x10, append(body, str(o.id)...)); err != nil {
		return nil, err
	}
	p, err := r.next()
	if err == nil && p.kind != pConnack {
		err = fmt.Errorf("packet %d came before the CONNACK", p.kind)
	}
	return r, err
}

func (r *reader) say(first byte, body []byte) error {
	_, err := r.Write(append(binary.AppendUvarint([]byte{first}, uint64(len(body))), body...))
	return err
}

func (r *reader) next() (p packet, err error) {
	first, err := r.in.ReadByte()
	if err != nil {
		return p, err
	}
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		return p, err
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r.in, b); err != nil {
		return p, err
	}
	p = packet{kind: first >> 4, body: b}
	switch p.kind {
	case pPublish:
		p.qos, p.dup = first>>1&3, first&8 != 0
		n := binary.BigEndian.Uint16(b)
		p.topic, b = string(b[2:2+n]), b[2+n:]
		if p.qos > 0 {
			p.id, b = binary.BigEndian.Uint16(b), b[2:]
		}
		if r.v5 {
			b = b[1+b[0]:]
		}
		p.payload = string(b)
	case pPuback, pPubrec, pPubrel, pPubcomp:
		p.id = binary.BigEndian.Uint16(b)
	}
	return p, nil
}

// subscribe reads on to the SUBACK.
func (r *reader) subscribe(filter string, qos byte) error {
	body := []byte{0, 1}
	if r.v5 {
		body = append(body, 0)
	}
	if err := r.say(0x82, append(append(body, str(filter)...), qos)); err != nil {
		return err
	}
	p, err := r.next()
	if err == nil && p.kind != pSuback {
		err = fmt.Errorf("packet %d came before the SUBACK", p.kind)
	}
	return err
}

// acknowledge says the next word about a delivery; it is false while there is
// one more to say.
func (r *reader) acknowledge(p packet) (done bool, err error) {
	id := binary.BigEndian.AppendUint16(nil, p.id)
	switch {
	case p.kind == pPublish && p.qos == 1:
		return true, r.say(pPuback<<4, id)
	case p.kind == pPublish && p.qos == 2:
		return false, r.say(pPubrec<<4, id)
	case p.kind == pPubrel:
		return true, r.say(pPubcomp<<4, id)
	}
	return true, nil
}

// toPing asks for a PINGRESP and returns all that comes before it.
func (r *reader) toPing() (list []packet, err error) {
	if err := r.say(0xc0, nil); err != nil {
		return nil, err
	}
	for {
		p, err := r.next()
		if err != nil || p.kind == pPingresp {
			return list, err
		}
		list = append(list, p)
	}
}

// pop takes the first of a list, or the next that comes.
func (r *reader) pop(t *testing.T, list *[]packet) packet {
	t.Helper()
	if len(*list) == 0 {
		return r.must(t)
	}
	p := (*list)[0]
	*list = (*list)[1:]
	return p
}

func (r *reader) must(t *testing.T) packet {
	t.Helper()
	p, err := r.next()
	require.NoError(t, err)
	return p
}

func (w *world) reader(o readerOptions) *reader {
	w.Helper()
	r, err := read(w.address, o)
	require.NoError(w, err)
	w.Cleanup(func() { _ = r.Close() })
	return r
}

// says publishes and returns when the broker has done its part: the PINGRESP
// comes after it.
func (w *world) says(pub *reader, qos byte, retain bool, topic string, payloads ...string) {
	w.Helper()
	for i, payload := range payloads {
		first := byte(0x30 | qos<<1)
		if retain {
			first |= 1
		}
		body := str(topic)
		if qos > 0 {
			body = binary.BigEndian.AppendUint16(body, uint16(i+1))
		}
		require.NoError(w, pub.say(first, append(body, payload...)))
		if qos == 2 {
			require.NoError(w, pub.say(pPubrel<<4|2, binary.BigEndian.AppendUint16(nil, uint16(i+1))))
		}
	}
	_, err := pub.toPing()
	require.NoError(w, err)
}

func numbers(from, to int) (list []string) {
	for i := from; i < to; i++ {
		list = append(list, strconv.Itoa(i))
	}
	return list
}

// However late a client acknowledges, it never sees more than it takes, and all
// in order: also what is QoS 0 and has room.
func TestReceiveMaximum(t *testing.T) {
	for _, most := range []uint16{1, 2, 10} {
		t.Run(strconv.Itoa(int(most)), func(t *testing.T) {
			w := serve(t, broker.Options{}, broker.ListenOptions{})
			r := w.reader(readerOptions{id: "r", receiveMaximum: most})
			require.NoError(t, r.subscribe("t", 2))
			pub := w.reader(readerOptions{id: "p", old: true})
			for i := range 60 {
				w.says(pub, byte(i%3), false, "t", strconv.Itoa(i))
			}
			var open []packet
			var got []string
			see := func(p packet) {
				if p.kind == pPublish {
					require.False(t, p.dup)
					got = append(got, p.payload)
					if p.qos > 0 {
						open = append(open, p)
					}
				}
				require.LessOrEqual(t, len(open), int(most))
			}
			for len(got) < 60 {
				if len(open) < int(most) {
					see(r.must(t))
					continue
				}
				list, err := r.toPing() // whatever it sends in spite of all would come by now
				require.NoError(t, err)
				for _, p := range list {
					see(p)
				}
				first := open[0]
				if first.qos == 2 { // the slot is not free before PUBCOMP
					_, err = r.acknowledge(first)
					require.NoError(t, err)
					p := r.must(t)
					for ; p.kind == pPublish; p = r.must(t) {
						see(p)
					}
					require.Equal(t, packet{kind: pPubrel, id: first.id, body: first.idBytes()}, p)
					list, err = r.toPing()
					require.NoError(t, err)
					for _, p := range list {
						see(p)
					}
					first = packet{kind: pPubrel, id: first.id}
				}
				open = open[1:]
				_, err = r.acknowledge(first)
				require.NoError(t, err)
			}
			require.Equal(t, numbers(0, 60), got)
		})
	}
}

func (p packet) idBytes() []byte { return binary.BigEndian.AppendUint16(nil, p.id) }

// A delivery that the client refuses makes room.
func TestARefusedDeliveryMakesRoom(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	r := w.reader(readerOptions{id: "r", receiveMaximum: 1})
	require.NoError(t, r.subscribe("t", 2))
	w.says(w.reader(readerOptions{id: "p", old: true}), 2, false, "t", numbers(0, 3)...)
	for i := range 3 {
		p := r.must(t)
		require.Equal(t, strconv.Itoa(i), p.payload)
		require.NoError(t, r.say(pPubrec<<4, append(p.idBytes(), 0x80, 0)))
	}
}

// A client that takes thousands at once and has not yet completed any may still
// publish.
func TestManyDeliveriesOfQoS2AreUnderWay(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	r := w.reader(readerOptions{id: "r"})
	require.NoError(t, r.subscribe("t", 2))
	go func() {
		pub, err := read(w.address, readerOptions{id: "p", old: true})
		if err != nil {
			return // the reader below says so
		}
		defer pub.Close()
		for i := range 1100 {
			_ = pub.say(0x34, append(append(str("t"), byte((i+1)>>8), byte(i+1)), 'x'))
			for answer := byte(0); answer != pPubcomp; {
				p, err := pub.next()
				if err != nil {
					return
				}
				if answer = p.kind; answer == pPubrec {
					_ = pub.say(pPubrel<<4|2, p.idBytes())
				}
			}
		}
	}()
	for range 1100 {
		p := r.must(t)
		for p.kind != pPublish {
			p = r.must(t)
		}
		_, err := r.acknowledge(p)
		require.NoError(t, err)
	}
	require.NoError(t, r.say(0x30, append(append(str("up"), 0), "still here"...)))
	w.await("publish client=r source=network topic=up payload=still here #1101")
}

// A session that is resumed again and again gets what it has not acknowledged,
// in order, and never more at once than the present connection takes.
func TestResumeKeepsOrderAndReceiveMaximum(t *testing.T) {
	for name, takeOver := range map[string]bool{"lost": false, "taken over": true} {
		t.Run(name, func(t *testing.T) {
			w := serve(t, broker.Options{TapDeliveries: true}, broker.ListenOptions{})
			o := readerOptions{id: "r", keep: true, receiveMaximum: 4}
			r := w.reader(o)
			require.NoError(t, r.subscribe("t", 2))
			pub := w.reader(readerOptions{id: "p", old: true})
			w.says(pub, 1, false, "t", numbers(0, 2)...)
			w.says(pub, 2, false, "t", numbers(2, 4)...)
			w.says(pub, 1, false, "t", numbers(4, 6)...)
			first := r.must(t)
			for range 2 {
				r.must(t)
			}
			last := r.must(t)
			_, err := r.acknowledge(first)
			require.NoError(t, err)
			require.Equal(t, "4", r.must(t).payload) // there was room
			_, err = r.acknowledge(last)             // 3 is received, and its PUBREL lost
			require.NoError(t, err)
			require.EqualValues(t, pPubrel, r.must(t).kind)
			for round := range 3 {
				if !takeOver {
					require.NoError(t, r.Close())
				}
				w.says(pub, 1, false, "t", strconv.Itoa(6+round))
				o.receiveMaximum = 2
				r = w.reader(o)
				w.says(pub, 1, false, "t", strconv.Itoa(10+round))
				list, err := r.toPing()
				require.NoError(t, err)
				require.Len(t, list, 2)
				require.Equal(t, packet{kind: pPubrel, id: last.id, body: last.idBytes()}, list[0])
				require.Equal(t, "1", list[1].payload)
				require.True(t, list[1].dup)
				if round < 2 {
					continue
				}
				var got []string
				for len(got) < 10 {
					p := r.pop(t, &list)
					if p.kind == pPublish {
						got = append(got, p.payload)
					}
					_, err := r.acknowledge(p)
					require.NoError(t, err)
				}
				require.Equal(t, []string{"1", "2", "4", "5", "6", "10", "7", "11", "8", "12"}, got)
				w.await("deliver client=p to=r topic=t payload=12")
				told := 0
				for _, l := range w.lines() {
					if l == "deliver client=p to=r topic=t payload=1" {
						told++
					}
				}
				require.Equal(t, 4, told, "each time it was sent, and no other")
			}
		})
	}
}

// What is retained comes after the SUBACK as the client takes it, before what is
// published meanwhile; no more than Options.MaxPending waits.
func TestRetainedMessagesKeepReceiveMaximum(t *testing.T) {
	w := serve(t, broker.Options{MaxPending: 5}, broker.ListenOptions{})
	pub := w.reader(readerOptions{id: "p", old: true})
	for i := range 9 {
		w.says(pub, byte(i%2), true, fmt.Sprintf("t/%d", i), "old")
	}
	o := readerOptions{id: "r", keep: true, receiveMaximum: 2}
	r := w.reader(o)
	require.NoError(t, r.subscribe("t/+", 1))
	w.says(pub, 1, false, "t/9", "new")
	var got []string
	for range 7 {
		p := r.must(t)
		if p.topic == "t/3" && !p.dup { // what waits is part of the session
			_, err := r.toPing() // the broker has heard of t/1 by then
			require.NoError(t, err)
			r = w.reader(o)
			p = r.must(t)
			require.True(t, p.dup)
		}
		got = append(got, p.topic+"="+p.payload)
		_, err := r.acknowledge(p)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"t/0=old", "t/1=old", "t/2=old", "t/3=old", "t/5=old", "t/7=old", "t/9=new"}, got)
}

func TestTooManyRetainedMessagesWait(t *testing.T) {
	w := serve(t, broker.Options{MaxPending: 2}, broker.ListenOptions{})
	pub := w.reader(readerOptions{id: "p", old: true})
	for i, qos := range []byte{1, 1, 1, 1, 0} {
		w.says(pub, qos, true, fmt.Sprintf("t/%d", i), "old")
	}
	o := readerOptions{id: "r", keep: true, receiveMaximum: 1}
	r := w.reader(o)
	require.NoError(t, r.subscribe("t/+", 1))
	w.await("drop client=p to=r reason=the client's outbound queue is full topic=t/3 payload=old")
	w.await("drop client=p to=r reason=the client's outbound queue is full topic=t/4 payload=old")
	w.says(pub, 1, false, "t/9", "new")
	require.Equal(t, "t/0", r.must(t).topic)
	r = w.reader(o)
	for _, want := range []string{"t/0", "t/1", "t/2", "t/9"} {
		p := r.must(t)
		require.Equal(t, want, p.topic)
		_, err := r.acknowledge(p)
		require.NoError(t, err)
	}
}

// One that is dropped is not sent after all, where the client makes room.
func TestADroppedRetainedMessageIsNotSent(t *testing.T) {
	w := serve(t, broker.Options{MaxPending: 1}, broker.ListenOptions{})
	pub := w.reader(readerOptions{id: "p", old: true})
	for i, qos := range []byte{1, 1, 0} {
		w.says(pub, qos, true, fmt.Sprintf("t/%d", i), "old")
	}
	r := w.reader(readerOptions{id: "r", receiveMaximum: 1})
	require.NoError(t, r.subscribe("t/+", 1))
	w.await("drop client=p to=r reason=the client's outbound queue is full topic=t/2 payload=old")
	for _, want := range []string{"t/0", "t/1"} {
		p := r.must(t)
		require.Equal(t, want, p.topic)
		_, err := r.acknowledge(p)
		require.NoError(t, err)
	}
	list, err := r.toPing()
	require.NoError(t, err)
	require.Empty(t, list)
}

// A message that is longer than the client takes is dropped, and told; it stands
// in nobody's way, neither now nor when the session is resumed.
func TestAMessageLongerThanTheClientTakes(t *testing.T) {
	const reason = " reason=it is longer than the client takes topic=t payload=a message that is far too long for this"
	long := "a message that is far too long for this"
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	o := readerOptions{id: "r", keep: true, receiveMaximum: 1, maximumPacket: 40}
	r := w.reader(o)
	require.NoError(t, r.subscribe("t", 1))
	pub := w.reader(readerOptions{id: "p", old: true})
	w.says(pub, 1, false, "t", "first", long, "second")
	w.says(pub, 0, false, "t", long)
	p := r.must(t)
	require.Equal(t, "first", p.payload)
	_, err := r.acknowledge(p)
	require.NoError(t, err)
	p = r.must(t)
	require.Equal(t, "second", p.payload)
	w.await("drop client=p to=r" + reason)
	require.NoError(t, r.Close())
	w.await("disconnect client=r source=network reason=the connection was lost")
	o.maximumPacket = 0
	w.says(pub, 1, false, "t", long, "third")
	o.maximumPacket = 40
	r = w.reader(o)
	p = r.must(t)
	require.Equal(t, "second", p.payload)
	_, err = r.acknowledge(p)
	require.NoError(t, err)
	require.Equal(t, "third", r.must(t).payload)
	require.NoError(t, r.Close())
	o.maximumPacket = 0
	r = w.reader(o)
	list, err := r.toPing()
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "third", list[0].payload)
}

// Topics are never left out, whatever aliases a client would take.
func TestNoTopicAliasesToClients(t *testing.T) {
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	r := w.reader(readerOptions{id: "r", aliases: 10})
	require.NoError(t, r.subscribe("t", 0))
	w.says(w.reader(readerOptions{id: "p", old: true}), 0, false, "t", "one", "two")
	require.Equal(t, "t", r.must(t).topic)
	require.Equal(t, "t", r.must(t).topic)
}

// follow acknowledges everything at once until it has seen enough of it, or the
// connection ends.
func follow(r *reader, enough func(payload string) bool) error {
	for {
		p, err := r.next()
		if err != nil {
			return err
		}
		if _, err := r.acknowledge(p); err != nil {
			return err
		}
		if p.kind == pPublish && enough(p.payload) {
			return nil
		}
	}
}

// rush publishes "name count" as fast as it can, and returns when the broker has
// taken all.
func rush(address, name string, n int) error {
	pub, err := read(address, readerOptions{id: name, old: true})
	if err != nil {
		return err
	}
	defer pub.Close()
	out := bufio.NewWriter(pub.Conn)
	for i := range n {
		body := append(append(str("t"), byte((i+1)>>8), byte(i+1)), fmt.Sprintf("%s %d", name, i)...)
		_, _ = out.Write(append(binary.AppendUvarint([]byte{0x32}, uint64(len(body))), body...)) // Flush has the error
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = pub.toPing()
	return err
}

// Clients with small and large windows, of both versions, keep up with several
// publishers at full rate; everything comes once, in the order of its publisher.
func TestManyPublishersAndWindows(t *testing.T) {
	const publishers, each = 4, 1500 // together less than mochi keeps for one client
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	var running sync.WaitGroup
	fail := make(chan error, 100)
	for _, most := range []uint16{0, 1, 2, 20, 1000} {
		for qos := byte(1); qos <= 2; qos++ {
			for _, old := range []bool{false, true} {
				if old && most > 0 {
					continue
				}
				name := fmt.Sprintf("qos %d receive maximum %d old %v", qos, most, old)
				r := w.reader(readerOptions{id: name, receiveMaximum: most, old: old})
				require.NoError(t, r.subscribe("t", qos))
				running.Go(func() {
					next := map[string]int{}
					seen := 0
					err := follow(r, func(payload string) bool {
						var pub string
						var i int
						if _, err := fmt.Sscanf(payload, "%s %d", &pub, &i); err != nil || next[pub] != i {
							fail <- fmt.Errorf("%s: %q came where %d was due", name, payload, next[pub])
						}
						next[pub] = i + 1
						seen++
						return seen == publishers*each
					})
					if err != nil {
						fail <- fmt.Errorf("%s: after %d messages: %w", name, seen, err)
					}
				})
			}
		}
	}
	for i := range publishers {
		running.Go(func() {
			if err := rush(w.address, fmt.Sprintf("p%d", i), each); err != nil {
				fail <- err
			}
		})
	}
	running.Wait()
	close(fail)
	for err := range fail {
		t.Error(err)
	}
}

// Somebody who never acknowledges harms nobody, and does not keep Close waiting.
func TestAMuteClientHarmsNobody(t *testing.T) {
	w := serve(t, broker.Options{MaxPending: 10}, broker.ListenOptions{})
	mute := w.reader(readerOptions{id: "mute", receiveMaximum: 1})
	require.NoError(t, mute.subscribe("t", 2))
	r := w.reader(readerOptions{id: "r"})
	require.NoError(t, r.subscribe("t", 1))
	pub := w.reader(readerOptions{id: "p", old: true})
	for i := range 100 {
		w.says(pub, byte(i%3), false, "t", strconv.Itoa(i))
		p := r.must(t)
		require.Equal(t, strconv.Itoa(i), p.payload)
		_, err := r.acknowledge(p)
		require.NoError(t, err)
	}
	w.await("drop client=p to=mute reason=the client's outbound queue is full topic=t payload=99")
	require.NoError(t, mute.say(0x82, append(append([]byte{0, 9, 0}, str("u")...), 0))) // it is still served
	list, err := mute.toPing()
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.Equal(t, []string{"0", "1"}, []string{list[0].payload, list[1].payload})
	require.EqualValues(t, pSuback, list[2].kind)
	w.do(func() { require.NoError(w, w.b.Close()) })
}

// Close ends everything that is under way.
func TestCloseWhileMuchIsUnderWay(t *testing.T) {
	for round := range 10 {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			w := serve(t, broker.Options{}, broker.ListenOptions{})
			var running sync.WaitGroup
			begun := make(chan struct{}, 100)
			for most := range uint16(6) {
				r := w.reader(readerOptions{id: fmt.Sprintf("r%d", most), receiveMaximum: most * most, keep: most&1 == 0})
				require.NoError(t, r.subscribe("t", 1+byte(most&1)))
				seen := 0
				running.Go(func() {
					_ = follow(r, func(string) bool { // until the broker ends it
						if seen++; seen == 10*(round+1) {
							begun <- struct{}{}
						}
						return false
					})
				})
			}
			for i := range 3 {
				running.Go(func() { _ = rush(w.address, fmt.Sprintf("p%d", i), 2000) }) // the same
			}
			select {
			case <-begun:
			case <-time.After(patience):
				t.Fatal("nothing is under way")
			}
			closed := make(chan error, 1)
			go func() { closed <- w.rt.Run("close", func() { require.NoError(w, w.b.Close()) }) }()
			select {
			case err := <-closed:
				require.NoError(t, err)
			case <-time.After(patience):
				t.Fatal("Close hangs")
			}
			running.Wait()
		})
	}
}

// While a session goes from connection to connection nothing is lost that is
// published to it, and all is first heard in order.
func TestNothingIsLostWhileASessionIsTakenOver(t *testing.T) {
	const each = 4000
	w := serve(t, broker.Options{}, broker.ListenOptions{})
	o := readerOptions{id: "r", keep: true, receiveMaximum: 10}
	r := w.reader(o)
	require.NoError(t, r.subscribe("t", 1))
	published := make(chan error, 1)
	go func() { published <- rush(w.address, "p", each) }()
	var first []int // as they were first heard
	heard := map[int]bool{}
	for turn := 1; !heard[each-1] || turn < 50; turn++ {
		more := 40
		require.NoError(t, follow(r, func(payload string) bool {
			var i int
			_, err := fmt.Sscanf(payload, "p %d", &i)
			require.NoError(t, err)
			if !heard[i] {
				heard[i] = true
				first = append(first, i)
			}
			more--
			return more == 0 || i == each-1
		}))
		r = w.reader(o)
	}
	require.NoError(t, <-published)
	for i, n := range first {
		require.Equal(t, i, n, "%d were heard", len(first))
	}
	require.Len(t, first, each)
}
