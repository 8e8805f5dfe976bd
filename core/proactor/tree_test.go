package proactor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor/linkstate"
)

func TestChildAlone(t *testing.T) {
	t.Run("GW-088 a child without a parent waits for it", func(t *testing.T) {
		child := newMember(t, "hw1.child", nil, toParent)
		w := world(t, 1, child)
		advance(t, w, time.Second)
		require.Equal(t, linkstate.AwaitingPeer, child.state(t, "parent"))
		require.Equal(t, 1, child.comm(t, "parent", "mqtt.connect"))
		require.Equal(t, 1, child.comm(t, "parent", "mqtt.fully.subscribed"))
		require.Equal(t, 2, child.counts(t, "parent").CommEvents.Total())
		require.Equal(t, 3, child.Pending(), "startup too")
	})
}

func TestChildAndParent(t *testing.T) {
	t.Run("GW-090 parent first", func(t *testing.T) {
		child, parent := newMember(t, "hw1.child", nil, toParent), newMember(t, "hw1", nil, toChild)
		w := world(t, 1, parent, child)
		advance(t, w, time.Second)
		require.Equal(t, linkstate.Active, child.state(t, "parent"))
		require.Equal(t, linkstate.Active, parent.state(t, "child"))
		require.Zero(t, child.Pending())
		require.Equal(t, 1, child.comm(t, "parent", "peer.active"))
		require.Equal(t, 3, child.counts(t, "parent").CommEvents.Total())
	})
}
