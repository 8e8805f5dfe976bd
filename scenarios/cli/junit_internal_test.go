package cli

import (
	"bytes"
	"encoding/xml"
	"testing"
	"time"

	"github.com/hubtape/hubtape/internal/command"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

// Whatever hubs say, the report is XML, and its lines stay lines.
func TestJUnitWithAnyText(t *testing.T) {
	const odd = "a\x00b\x1b[2J\nsecond ]]> line\xff\ufffe <&>"
	var out bytes.Buffer
	file, err := command.CreateFile("-", &out)
	require.NoError(t, err)
	r := &junitReport{File: file, begun: time.Unix(0, 0)}
	g := newGroup(&item{file: odd, scenario: &scenarios.Scenario{Name: odd}})
	o := &outcome{item: g.item, status: scenarios.Failed, warnings: []string{odd}}
	o.fail(failure{kind: "never", message: odd, details: []string{odd}, around: []string{odd}})
	g.add(o)
	require.NoError(t, r.group(g))
	require.NoError(t, r.end(newSummary()))
	require.NoError(t, file.Close())

	var back junitSuites
	require.NoError(t, xml.Unmarshal(out.Bytes(), &back))
	require.Contains(t, back.Suite.Cases[0].Failure.Text, "second ]]> line")
	require.Contains(t, out.String(), "\n      second ]]")
	require.NotContains(t, out.String(), "\x1b")
}
