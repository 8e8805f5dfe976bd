package hub

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
)

// After each tell there are lines again.
func TestRefusalsHaveLinesAgain(t *testing.T) {
	var out bytes.Buffer
	f := refusals{log: slog.New(slog.NewTextHandler(&out, nil))}
	for range 2 {
		for range refusedLines + 3 {
			f.add(broker.Refusal{Kind: broker.RefusedPublish, Client: "c", Topic: "t"})
		}
		f.tell()
		f.tell() // of nothing
	}
	require.Equal(t, 2*refusedLines, strings.Count(out.String(), `msg="refused a publish" client=c user="" address="" topic=t`))
	require.Equal(t, 2, strings.Count(out.String(), "times=3"))
}
