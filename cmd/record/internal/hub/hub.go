package hub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/recorder/deck"
)

const (
	// tellEvery is how often what happens many times is told once.
	tellEvery = time.Second
	// complainEvery is how often the log says that there is no tape any more.
	complainEvery = time.Minute
)

// Hub is a broker whose words go on a tape. It is made by New and runs in Serve.
type Hub struct {
	o        Options
	deck     *deck.Deck
	source   *deck.Source
	gate     gate
	counts   counts
	drops    drops
	refusals refusals
	ready    chan struct{} // closed when all addresses are open
	heads    sync.WaitGroup

	// Set before ready is closed, and before the deck runs.
	rt     *clock.System
	broker *broker.Broker
	addrs  []net.Addr
}

// New prepares a hub whose words go to d, which stays the caller's to close; it
// adds its source to d. Nothing listens yet. Errors wrap ErrOptions.
func New(d *deck.Deck, o Options) (*Hub, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	h := &Hub{o: o, deck: d, ready: make(chan struct{})}
	h.gate.users.Store(o.Users)
	h.refusals.log = o.Log
	h.source = d.Source(deck.SourceOptions{Head: h.head})
	return h, nil
}

// Ready is closed when devices can connect.
func (h *Hub) Ready() <-chan struct{} { return h.ready }

// Addresses are where it listens, in the order of Options.Listen; nil before
// Ready is closed. Safe from any goroutine.
func (h *Hub) Addresses() []net.Addr {
	select {
	case <-h.ready:
		return slices.Clone(h.addrs)
	default:
		return nil
	}
}

// SetUsers changes who may do what; nil: everybody may everything. Connections
// that stand go on, and what they publish and read is asked of the new users.
// Safe from any goroutine.
func (h *Hub) SetUsers(u *Users) { h.gate.users.Store(u) }

// Serve listens and runs the deck until ctx ends, which is no error. It returns
// at once when an address cannot be listened on, with an error that wraps
// broker.ErrListen; nothing is on the tape then. When the tape fails it goes on
// without one, and returns that error when ctx ends. What clients said before it
// returns is on the tape, and flushed. It may be called once.
func (h *Hub) Serve(ctx context.Context) error {
	h.rt = clock.NewSystem(clock.SystemOptions{})
	defer func() { _ = h.rt.Close() }() // idempotent
	h.source.Heard()                    // it is ourselves
	if err := h.open(); err != nil {
		return errors.Join(err, h.close())
	}
	close(h.ready)
	writing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	written := make(chan error, 1)
	go func() { written <- h.deck.Run(writing) }()
	h.begin()
	taped, failed := h.watch(ctx, written)
	failed = errors.Join(failed, h.close())
	h.heads.Wait()
	h.tellAll()
	if taped == nil {
		stop()
		taped = <-written
	}
	return errors.Join(failed, taped)
}

// open makes the broker and its listeners.
func (h *Hub) open() (err error) {
	h.broker, err = broker.New(broker.Options{
		Runtime: h.rt, Tap: h.tap, TapDeliveries: h.o.Deliveries, Auth: &h.gate,
		MaxMessageBytes: h.o.MaxPayload, MaxPending: pending, Refused: h.refused, Log: quiet(h.o.Log),
	})
	if err != nil {
		return err
	}
	runErr := h.rt.Run("open the hub", func() {
		for _, m := range h.o.Retained {
			if err = h.broker.SetRetained(m); err != nil {
				return
			}
		}
		for _, l := range h.o.Listen {
			var addr net.Addr
			if addr, err = h.broker.Serve(broker.ListenOptions{Address: l.Address, TLS: l.TLS, WebSocket: l.WebSocket}); err != nil {
				return
			}
			h.addrs = append(h.addrs, addr)
			h.o.Log.Info("listening", "address", addr.String(), "tls", l.TLS != nil, "websocket", l.WebSocket)
		}
	})
	return errors.Join(err, runErr)
}

// close sees all clients off. What they did is told when it returns.
func (h *Hub) close() (err error) {
	if h.broker == nil {
		return nil
	}
	if h.rt.Err() != nil { // its tasks are not to be trusted any more
		return errors.Join(h.broker.Close(), h.rt.Close())
	}
	runErr := h.rt.Run("close the hub", func() { err = h.broker.Close() })
	return errors.Join(err, runErr, h.rt.Close())
}

// watch waits for the end: of ctx, or of the broker's tasks. taped is the tape's
// error if it has failed meanwhile.
func (h *Hub) watch(ctx context.Context, written <-chan error) (taped, failed error) {
	tell, complain := time.NewTicker(tellEvery), time.NewTicker(complainEvery)
	defer tell.Stop()
	defer complain.Stop()
	for {
		select {
		case <-ctx.Done():
			return taped, nil
		case <-h.rt.Failed():
			return taped, h.rt.Err()
		case taped = <-written:
			h.complain(taped)
		case <-tell.C:
			h.tellAll()
		case <-complain.C:
			h.complain(taped)
		}
	}
}

// tellAll tells what was only counted so far.
func (h *Hub) tellAll() {
	h.drops.tell(h.source.Offer)
	h.refusals.tell()
}

// complain says that there is no tape.
func (h *Hub) complain(err error) {
	if err != nil {
		h.o.Log.Error("the tape has failed, and nothing is recorded any more; the hub goes on as a broker", "error", fmt.Sprint(err))
	}
}
