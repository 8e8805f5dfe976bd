package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// serveMetrics serves Prometheus metrics until stop is called. Without an
// address it does nothing.
func (a *app) serveMetrics(address string, d *deck.Deck, more ...prometheus.Collector) (stop func(), err error) {
	if address == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--metrics %s: %w; choose another port or stop the other program", address, err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(more...)
	registry.MustRegister(newMetrics(d), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	a.log.Info("metrics", "url", "http://"+l.Addr().String()+"/metrics")
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("metrics", "error", err)
		}
	})
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
		wg.Wait()
	}, nil
}

// metrics tells Prometheus how a recording goes.
type metrics struct {
	deck    *deck.Deck
	numbers []metric
	hub     *prometheus.Desc
}

type metric struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(deck.Progress) float64
}

func newMetrics(d *deck.Deck) *metrics {
	m := &metrics{deck: d, hub: prometheus.NewDesc("hubtape_record_hub_connected", "Whether this hub can be heard now.", []string{"hub"}, nil)}
	add := func(kind prometheus.ValueType, name, help string, value func(deck.Progress) float64) {
		m.numbers = append(m.numbers, metric{prometheus.NewDesc("hubtape_record_"+name, help, nil, nil), kind, value})
	}
	const counter, gauge = prometheus.CounterValue, prometheus.GaugeValue
	add(counter, "messages_total", "Messages recorded.", func(p deck.Progress) float64 { return float64(p.Messages) })
	add(counter, "payload_bytes_total", "Bytes of their payloads.", func(p deck.Progress) float64 { return float64(p.Bytes) })
	add(counter, "gaps_total", "Gaps that have ended.", func(p deck.Progress) float64 { return float64(p.Gaps) })
	add(counter, "dropped_total", "Records that were dropped because the disk did not keep up.", func(p deck.Progress) float64 { return float64(p.Dropped) })
	add(gauge, "topics", "Topics on the tape that is being written.", func(p deck.Progress) float64 { return float64(p.Topics) })
	add(gauge, "tape_bytes", "About what all parts take on the disk.", func(p deck.Progress) float64 { return float64(p.TapeBytes) })
	add(gauge, "waiting_bytes", "Bytes that wait to be written.", func(p deck.Progress) float64 { return float64(p.Queued) })
	add(gauge, "waiting_bytes_peak", "The most bytes that ever waited.", func(p deck.Progress) float64 { return float64(p.QueuePeak) })
	add(gauge, "part", "Number of the part that is being written; 0: the recording is in one piece.", func(p deck.Progress) float64 { return float64(p.Part) })
	add(gauge, "elapsed_seconds", "How long the recording has been going on, on the hub's clock.", func(p deck.Progress) float64 { return p.Elapsed.Seconds() })
	return m
}

// Describe names the metrics.
func (m *metrics) Describe(to chan<- *prometheus.Desc) {
	for _, n := range m.numbers {
		to <- n.desc
	}
	to <- m.hub
}

// Collect reads them.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	p := m.deck.Progress()
	for _, n := range m.numbers {
		to <- prometheus.MustNewConstMetric(n.desc, n.kind, n.value(p))
	}
	for _, s := range p.Sources {
		up := 0.0
		if s.Connected {
			up = 1
		}
		to <- prometheus.MustNewConstMetric(m.hub, prometheus.GaugeValue, up, s.Name)
	}
}
