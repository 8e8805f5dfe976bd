package cli

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/recorder"
	"github.com/hubtape/hubtape/recorder/deck"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMetrics(t *testing.T) {
	d, err := deck.Open(deck.Options{Path: filepath.Join(t.TempDir(), "a.hubtape")})
	require.NoError(t, err)
	hub := d.Source(deck.SourceOptions{Name: "attic"})
	hub.HeadDone()
	hub.Heard()
	hub.Put(recorder.Record{Kind: recorder.KindMessage, Message: mqtt.Message{Topic: "a", Payload: []byte("12345")}})
	var log strings.Builder
	a := &app{Streams: command.Streams{Err: io.Discard}, log: slog.New(slog.NewTextHandler(&log, nil))}
	stop, err := a.serveMetrics("127.0.0.1:0", d)
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, d.Run(ended)) // writes what was put

	url := regexp.MustCompile(`http://\S+/metrics`).FindString(log.String())
	page := get(t, url)
	for _, want := range []string{
		"hubtape_record_messages_total 1\n", "hubtape_record_payload_bytes_total 5\n", "hubtape_record_dropped_total 0\n",
		`hubtape_record_hub_connected{hub="attic"} 1`, "# TYPE hubtape_record_tape_bytes gauge", "process_resident_memory_bytes",
	} {
		require.Contains(t, page, want)
	}
	_, err = a.serveMetrics(strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/metrics"), d)
	require.ErrorContains(t, err, "choose another port")
	stop()
	http.DefaultClient.CloseIdleConnections()
	require.NoError(t, d.Close())

	stop, err = a.serveMetrics("", d)
	require.NoError(t, err)
	stop()
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(b)
}
