package cli

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/report"
	"github.com/hubtape/hubtape/scenarios"
	"github.com/stretchr/testify/require"
)

// Under many seeds that fail, a page needs the memory of one run, and shows as
// many runs as the text tells of.
func TestHTMLKeepsNoHistories(t *testing.T) {
	var page strings.Builder
	i := &item{file: "x.yaml", scenario: &scenarios.Scenario{Name: "x"}}
	r := htmlReport{page: report.NewHTML(&page, report.Options{}), text: textReport{out: io.Discard}}
	g := newGroup(i)
	for seed := range uint64(maxSeedsTold + 5) {
		o := &outcome{item: i, status: scenarios.Failed, seed: seed, seeds: maxSeedsTold + 5, history: &report.History{}}
		g.add(o)
		require.NoError(t, r.outcome(o))
		require.Nil(t, o.history)
	}
	require.NoError(t, r.group(g))
	o := &outcome{item: i, status: scenarios.Passed, seeds: 1, history: &report.History{}}
	g = newGroup(i)
	g.add(o)
	require.NoError(t, r.outcome(o))
	require.NotNil(t, o.history, "nobody knows yet whether another one fails")
	require.NoError(t, r.group(g))
	require.Nil(t, o.history)
	require.Equal(t, maxSeedsTold+1, strings.Count(page.String(), `data-block="run"`))
	require.Contains(t, page.String(), fmt.Sprintf("(seed %d)", maxSeedsTold-1))
}
