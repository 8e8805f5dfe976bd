// Package heatreports adds up what a heat pump draws, from the reports of its
// GridWorks SCADA:
//
//	m := heatreports.New(heatreports.Params{Scada: "hw1.isone.me.versant.keene.beech.scada"})
//	err := core.Run(ctx, m, core.RunOptions{Zone: "America/New_York", Broker: link.DialOptions{Broker: "mqtt://hub"}})
//
// A SCADA sends a report until it is acknowledged, and what piled up in an
// outage comes hours later. So each report is acknowledged each time it comes,
// is counted once, and belongs to the day of its slot, not to the day on which
// it arrives. The energy of a day is kept on heatpump/energy/DATE, of what came since
// the start.
package heatreports

import (
	"fmt"
	"strings"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
)

// Params say whose reports are added up. Zero fields mean the defaults.
type Params struct {
	Scada   string `json:"scada"`   // alias of the SCADA; "": hw1.isone.me.versant.keene.beech.scada
	Self    string `json:"self"`    // alias that acknowledges; "": hw1.isone.me.versant.keene.beech
	Channel string `json:"channel"` // of power readings, in W; "": hp-odu-pwr
}

// Meter is the automation. Make it with New.
type Meter struct {
	Params
	env  *core.Env
	days map[string]*day // by date
}

// day is what was drawn on a day.
type day struct {
	energy  int64          // W ms
	counted map[int64]bool // slots, by their start in Unix s
}

// New makes the automation; core.Run or a simulated world starts it.
func New(p Params) *Meter {
	if p.Scada == "" {
		p.Scada = "hw1.isone.me.versant.keene.beech.scada"
	}
	if p.Self == "" {
		p.Self = "hw1.isone.me.versant.keene.beech"
	}
	if p.Channel == "" {
		p.Channel = "hp-odu-pwr"
	}
	return &Meter{Params: p, days: map[string]*day{}}
}

// Start subscribes to the reports. In topics the dots of names are dashes.
func (m *Meter) Start(env *core.Env) error {
	m.env = env
	return core.On(env, "gw/"+dashes(m.Scada)+"/to/a/report-event", m.reported)
}

func dashes(alias string) string { return strings.ReplaceAll(alias, ".", "-") }

// envelope is what every GridWorks message has around its payload.
type envelope[T any] struct {
	Header   header `json:"Header"`
	Payload  T      `json:"Payload"`
	TypeName string `json:"TypeName"` // gw
}

type header struct {
	Src         string `json:"Src"`
	Dst         string `json:"Dst"`
	MessageType string `json:"MessageType"`
	MessageID   string `json:"MessageId"`
	AckRequired bool   `json:"AckRequired"`
	TypeName    string `json:"TypeName"`
	Version     string `json:"Version"`
}

type ack struct {
	AckMessageID string `json:"AckMessageID"`
	TypeName     string `json:"TypeName"`
}

type reportEvent struct {
	Report report `json:"Report"`
}

type report struct {
	SlotStartUnixS     int64      `json:"SlotStartUnixS"`
	SlotDurationS      int64      `json:"SlotDurationS"`
	ChannelReadingList []readings `json:"ChannelReadingList"`
}

type readings struct {
	ChannelName             string  `json:"ChannelName"`
	ValueList               []int64 `json:"ValueList"`
	ScadaReadTimeUnixMsList []int64 `json:"ScadaReadTimeUnixMsList"`
}

// reported handles a report, first with what its sender waits for.
func (m *Meter) reported(_ mqtt.Message, e envelope[reportEvent]) {
	if e.Header.AckRequired {
		m.acknowledge(e.Header.MessageID)
	}
	slot := &e.Payload.Report
	date := time.Unix(slot.SlotStartUnixS, 0).In(m.env.Wall().Location()).Format(time.DateOnly)
	d := m.days[date]
	if d == nil {
		d = &day{counted: map[int64]bool{}}
		m.days[date] = d
	}
	if d.counted[slot.SlotStartUnixS] {
		return
	}
	d.counted[slot.SlotStartUnixS] = true
	for i := range slot.ChannelReadingList {
		if r := &slot.ChannelReadingList[i]; r.ChannelName == m.Channel {
			d.energy += r.energy(slot)
		}
	}
	m.env.Send(mqtt.Message{
		Topic: "heatpump/energy/" + date, Payload: fmt.Appendf(nil, `{"wh":%d,"slots":%d}`, d.energy/wattHour, len(d.counted)), QoS: 1, Retain: true,
	})
}

const wattHour = 3_600_000 // W ms

// energy is what readings of power come to in a slot, in W ms. Each holds until
// the next, the last to the end of the slot, and the first from its start.
func (r *readings) energy(slot *report) (sum int64) {
	times := r.ScadaReadTimeUnixMsList
	if len(times) != len(r.ValueList) {
		return 0
	}
	from := slot.SlotStartUnixS * 1000
	end := from + slot.SlotDurationS*1000
	for i, watts := range r.ValueList {
		until := end
		if i+1 < len(times) {
			until = min(max(times[i+1], from), end) // the clock of a SCADA may be wrong
		}
		sum += watts * (until - from)
		from = until
	}
	return sum
}

func (m *Meter) acknowledge(id string) {
	const to = "s" // what a SCADA calls itself
	m.env.Publish("gw/"+dashes(m.Self)+"/to/"+to+"/gridworks-ack", envelope[ack]{
		Header:   header{Src: m.Self, Dst: to, MessageType: "gridworks.ack", TypeName: "gridworks.header", Version: "001"},
		Payload:  ack{AckMessageID: id, TypeName: "gridworks.ack"},
		TypeName: "gw",
	})
}
