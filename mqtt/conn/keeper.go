package conn

import (
	"context"
	"net"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/log"
)

// keep sends pings and ends the connection when the broker is silent, until over
// is closed. It replaces what the libraries do, who take a broker for dead
// whose answer stands unread behind a message that OnMessage takes its time for.
//
// A ping goes out when we have sent nothing for half the time, or when the
// reader has waited that long for anything to come.
func (w *wire) keep(every time.Duration, over <-chan struct{}) {
	if every == 0 { // the broker wants none (MQTT 5, 3.2.2.3.14)
		return
	}
	tick := time.NewTicker(every / 4)
	defer tick.Stop()
	var pinged int64
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		now := w.now()
		since := w.readSince.Load()
		if since != 0 && now-since > int64(every+every/2) {
			w.fail(&SilentError{Since: w.begun.Add(time.Duration(since)), Most: every + every/2})
			return
		}
		unread := since != 0 && now-max(since, pinged) >= int64(every/2)
		if unread || w.pingDue.Load() || now-w.wroteAt.Load() >= int64(every/2) {
			pinged = now
			if err := w.ping(); err != nil {
				w.fail(err)
				return
			}
		}
	}
}

// noPinger stands in for the library's own.
type noPinger struct{}

var _ paho.Pinger = noPinger{}

func (noPinger) Run(ctx context.Context, _ net.Conn, _ uint16) error {
	<-ctx.Done()
	return nil
}
func (noPinger) PacketSent()         {}
func (noPinger) PacketReceived()     {}
func (noPinger) PingResp()           {}
func (noPinger) SetDebug(log.Logger) {}
