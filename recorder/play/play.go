package play

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/retained"
)

// Publisher is who messages are said to; [conn.Conn] of package mqtt/conn is
// one. Publish may wait while too much is under way; done is called once, from
// any goroutine, when the message was taken or not.
type Publisher interface {
	Publish(m mqtt.Message, done func(error)) error
}

// Play plays a tape. It returns when everything was said and taken, when ctx
// ends, or when the connection or the tape fails. The report says how far it
// came in each case.
func Play(ctx context.Context, t *recorder.Tape, to Publisher, o Options) (Report, error) {
	o, err := o.withDefaults(t)
	if err != nil {
		return Report{}, err
	}
	p := &player{o: o, tape: t, to: to, began: time.Now()}
	p.acks.idle.L = &p.acks.mu
	err = p.all(ctx)
	if err == nil {
		err = p.acks.wait(ctx)
	}
	if err == nil && o.Strict && p.acks.first != nil {
		err = fmt.Errorf("%w: %w", ErrRefused, p.acks.first)
	}
	return p.report(), err
}

type player struct {
	o     Options
	tape  *recorder.Tape
	to    Publisher
	began time.Time
	acks  acks

	loop     int
	at       time.Duration // on the tape
	said     uint64
	retained uint64
	lateOnes uint64
	isLate   bool
	onTime   time.Time // since when messages are on time again
	lateness histogram
	told     time.Time // when Progress was called last
}

// all plays every loop.
func (p *player) all(ctx context.Context) error {
	length := p.o.Until - p.o.From
	start := time.Now()
	for p.loop = 1; p.o.Loops == Forever || p.loop <= p.o.Loops; p.loop++ {
		if err := p.once(ctx, start); err != nil {
			return err
		}
		if length == 0 && p.o.Loops == Forever {
			return fmt.Errorf("%w for ever: there is nothing between %v and %v", ErrOptions, p.o.From, p.o.Until)
		}
		// From the start of the first, so that no loop adds to the error.
		start = start.Add(p.scaled(length))
		if last := p.loop == p.o.Loops; !last || p.o.Speed != Max {
			if err := p.sleep(ctx, start); err != nil {
				return err
			}
		}
	}
	p.loop--
	return nil
}

// scaled is how long a stretch of the tape takes.
func (p *player) scaled(d time.Duration) time.Duration {
	if p.o.Speed == Max {
		return 0
	}
	if scaled := float64(d) / p.o.Speed; scaled < math.MaxInt64 {
		return time.Duration(scaled)
	}
	return math.MaxInt64
}

// once plays the tape from start on.
func (p *player) once(ctx context.Context, start time.Time) error {
	if err := p.state(ctx); err != nil {
		return err
	}
	c := p.tape.Cursor(recorder.Query{From: p.o.From, Until: max(p.o.Until, 1), Topics: p.o.Topics, Kinds: recorder.MessageKinds()})
	head := p.o.From == 0 // what was retained before the recording began comes at once
	for c.Next() {
		r := c.Record()
		head = head && r.Kind == recorder.KindSnapshot
		if !head {
			if err := p.due(ctx, start.Add(p.scaled(r.At-p.o.From)), r.At); err != nil {
				return err
			}
		} else {
			p.retained++
		}
		if err := p.say(ctx, r.Message); err != nil {
			return err
		}
		p.at = r.At
		p.tell()
	}
	return c.Err()
}

// state publishes what was retained before From.
func (p *player) state(ctx context.Context) error {
	if p.o.From == 0 {
		return nil // the tape begins with it
	}
	s, err := retained.At(p.tape, p.o.From-1)
	if err != nil {
		return err
	}
	for _, m := range s.Messages() {
		if !p.o.Topics.Has(m.Topic) {
			continue
		}
		p.retained++
		if err := p.say(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// due waits for the instant of a message, and notes how late it is.
func (p *player) due(ctx context.Context, when time.Time, at time.Duration) error {
	if p.o.Speed == Max {
		return ctx.Err()
	}
	if err := p.sleep(ctx, when); err != nil {
		return err
	}
	now := time.Now()
	by := now.Sub(when)
	p.lateness.add(by)
	if by <= p.o.Late {
		if p.isLate && now.Sub(p.onTime) > time.Second {
			p.isLate = false
		}
		return nil
	}
	p.lateOnes++
	p.onTime = now
	if !p.isLate {
		p.isLate = true
		if p.o.OnLate != nil {
			p.o.OnLate(at, by)
		}
	}
	if p.o.Strict {
		return fmt.Errorf("%w: at %v of the tape they are %v late", ErrLate, at, by.Round(time.Millisecond))
	}
	return nil
}

func (p *player) sleep(ctx context.Context, until time.Time) error {
	d := time.Until(until)
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// say hands a message to the broker.
func (p *player) say(ctx context.Context, m mqtt.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.Topic, m.Dup = p.o.Prefix+m.Topic, false
	done := p.acks.done
	if m.QoS == 2 {
		done = p.acks.doneExact
	} else if err := p.acks.waitExact(ctx); err != nil {
		return err
	}
	p.acks.begin(m.QoS)
	if err := p.to.Publish(m, done); err != nil {
		done(err)
		if !refused(err) {
			return fmt.Errorf("on %s, at %v of the tape: %w", m.Topic, p.at, err)
		}
	}
	p.said++
	if p.o.Strict {
		if err := p.acks.refusal(); err != nil {
			return fmt.Errorf("%w: %w", ErrRefused, err)
		}
	}
	return nil
}

// tellEvery is how often Progress is called at most.
const tellEvery = 200 * time.Millisecond

func (p *player) tell() {
	if p.o.Progress == nil {
		return
	}
	if now := time.Now(); now.Sub(p.told) >= tellEvery {
		p.told = now
		p.o.Progress(p.report())
	}
}

func (p *player) report() Report {
	acked, refused := p.acks.counts()
	return Report{
		Loop: p.loop, At: p.at, Until: p.o.Until, Messages: p.said, Retained: p.retained, Acked: acked, Refused: refused, LateOnes: p.lateOnes,
		Elapsed: time.Since(p.began), P50: p.lateness.percentile(0.5), P99: p.lateness.percentile(0.99), Worst: p.lateness.worst,
	}
}
