package layout_test

import (
	"os"
	"testing"

	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { clocktest.Main(m) }

func house(t *testing.T) *layout.Layout {
	t.Helper()
	text, err := os.ReadFile("testdata/house.json")
	require.NoError(t, err)
	l, err := layout.Parse("house.json", text)
	require.NoError(t, err)
	return l
}

func names(nodes []layout.Node) (names []string) {
	for _, n := range nodes {
		names = append(names, n.Name)
	}
	return names
}

func TestNodes(t *testing.T) {
	l := house(t)
	require.Equal(t, []string{"s", "power-meter", "elt1", "a", "a.tank1", "a.tank1.depth2"}, names(l.Nodes()))
	n, ok := l.Node("elt1")
	require.True(t, ok)
	require.JSONEq(t, `{"Name":"elt1","ActorClass":"NoActor","Handle":"auto.h.elt1","InPowerMetering":true,"NameplatePowerW":4500,"Colour":"red","ActorHierarchyName":"h0.s.elt1"}`, string(n.JSON))
	n.JSON = nil
	require.Equal(t, layout.Node{
		Place: layout.Place{Line: 16, Col: 5}, Name: "elt1", ActorClass: "NoActor", Parent: "s", Handle: "auto.h.elt1", NameplatePowerW: 4500, InPowerMetering: true,
	}, n)
	require.False(t, n.HasActor())
	require.False(t, layout.Node{}.HasActor())
	s, _ := l.Node("s")
	require.True(t, s.HasActor())
	require.Equal(t, []any{"Főház", "id-s"}, []any{s.DisplayName, s.ID})
	_, ok = l.Node("x")
	require.False(t, ok)
}

func TestParents(t *testing.T) {
	l := house(t)
	require.Equal(t, []string{"s", "a"}, names(l.Roots()))
	require.Equal(t, []string{"power-meter", "elt1"}, names(l.Children("s")))
	require.Equal(t, []string{"a.tank1"}, names(l.Children("a")))
	require.Equal(t, []string{"a.tank1.depth2"}, names(l.Children("a.tank1")))
	require.Empty(t, l.Children("elt1"))
	require.Empty(t, l.Children(""))
}

func TestComponents(t *testing.T) {
	l := house(t)
	require.Len(t, l.Components(), 3)
	n, _ := l.Node("power-meter")
	c, ok := l.Component(n.ComponentID)
	require.True(t, ok)
	require.Equal(t, "Main meter", c.DisplayName)
	require.Contains(t, string(c.JSON), `"HwUid": "77"`)
	class, ok := l.Class(c.ClassID)
	require.True(t, ok)
	require.Equal(t, []any{"ACME__M1", "Meter", "electric.meter.cac.gt"}, []any{class.MakeModel, class.DisplayName, class.TypeName})
	_, ok = l.Component("")
	require.False(t, ok)
	require.Equal(t, []layout.Component{c}, l.ComponentsOf("electric.meter.component.gt"))
}

func TestRest(t *testing.T) {
	l := house(t)
	text, ok := l.Rest("MyScadaGNode")
	require.True(t, ok)
	require.Equal(t, `{"Alias": "d1.home.scada"}`, string(text))
	_, ok = l.Rest("ShNodes")
	require.False(t, ok, "it was read")
}

func TestWebServers(t *testing.T) {
	t.Run("GW-190 servers come from the layout", func(t *testing.T) {
		require.Equal(t, []layout.WebServer{
			{Component: "web-1", Name: "admin", Host: "0.0.0.0", Port: 8081},
			{Component: "web-2", Name: "default", Host: "localhost", Port: 8080, Enabled: true},
		}, house(t).WebServers())
	})
}

func TestDefault(t *testing.T) {
	t.Run("GW-171 one node of the proactor's name", func(t *testing.T) {
		l := layout.Default("hall")
		require.Equal(t, []string{"hall"}, names(l.Nodes()))
		n, ok := l.Node("hall")
		require.True(t, ok)
		require.Equal(t, layout.Node{Name: "hall", DisplayName: "hall", ActorClass: layout.NoActor}, n)
		require.Empty(t, l.Components())
		require.Empty(t, l.WebServers())
		_, ok = l.Rest("x")
		require.False(t, ok)
	})
}

func TestNameBeforeAlias(t *testing.T) {
	l, err := layout.Parse("x", []byte(`{"ShNodes": [{"Alias": "old", "Name": "new"}]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"new"}, names(l.Nodes()))
}

// What is given out is the caller's: the layout stays as it was made.
func TestUnchangeable(t *testing.T) {
	l := house(t)
	l.Nodes()[0].Name = "x"
	l.Components()[0].ID = "x"
	l.WebServers()[0].Port = 1
	text, _ := l.Rest("MyScadaGNode")
	clear(text)
	require.Equal(t, house(t), l)
}
