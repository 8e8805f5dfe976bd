package layout_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestProblems(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"empty":             {"", `x:1:1: no JSON: it ends in the middle`},
		"it ends early":     {`{"ShNodes": [`, `x:1:14: no JSON: it ends in the middle`},
		"in a string":       {`{"ShNodes": ["a`, `x:1:16: no JSON: it ends in the middle`},
		"a comma too many":  {"{\n \"ShNodes\": [],\n}", `x:3:1: no JSON: invalid character '}' looking for beginning of object key string`},
		"a bad word":        {"{\n \"ShNodes\": nul\n}", `x:2:16: no JSON: invalid character '\n' in literal null (expecting 'l')`},
		"a key of no quote": {`{a: 1}`, `x:1:2: no JSON: invalid character 'a' looking for beginning of object key string`},
		"more behind it":    {"{\"ShNodes\": []}\n}", `x:2:1: no JSON: invalid character '}' after top-level value`},
		"a comma behind it": {`{"ShNodes": []},`, `x:1:16: no JSON: invalid character ',' after top-level value`},
		"a list":            {" []", `x:1:2: a layout is an object, with a list ShNodes`},
		"no nodes":          {`{"ShNode": []}`, `x:1:1: there is no list ShNodes; it has "ShNode"`},
		"nodes by name":     {`{"ShNodes": {"a": {}}}`, `x:1:13: ShNodes has to be a list`},
		"null for nodes":    {`{"ShNodes": null}`, "x:1:13: ShNodes has to be a list"},
		"a node as a name":  {`{"ShNodes": ["a"]}`, `x:1:14: what stands in ShNodes has to be an object`},
		"no name":           {`{"ShNodes": [{"Nmae": "a"}]}`, `x:1:14: something in ShNodes has no Name; it has "Nmae"`},
		"a name of a number": {
			`{"ShNodes": [{"Name": 7}]}`,
			"x:1:23: Name has to be a string",
		},
		"no name, with a path": {`{"ShNodes": [{"ActorHierarchyName": "s"}]}`, "x:1:14: something in ShNodes has no Name"},
		"an empty name":        {`{"ShNodes": [{"Alias": ""}]}`, "x:1:24: Alias has to be more than nothing"},
		"wrong types": {
			`{"ShNodes": [{"Name": "a", "NameplatePowerW": 1.5, "InPowerMetering": "yes", "ActorClass": {}}]}`,
			"x:1:47: node \"a\": NameplatePowerW has to be a whole number\nx:1:71: node \"a\": InPowerMetering has to be true or false\nx:1:92: node \"a\": ActorClass has to be a string",
		},
		"a key twice": {`{"ShNodes": [{"Name": "a", "Name": "b"}], "ShNodes": []}`, "x:1:28: \"Name\" stands twice in one object: remove one\nx:1:43: \"ShNodes\" stands twice in one object: remove one"},
		"a name twice": {
			"{\"ShNodes\": [\n {\"Name\": \"ő\"}, {\"Name\": \"ő\"},\n  {\"Alias\": \"ő\"}]}",
			"x:2:17: node \"ő\": it is there already, at 2:2\nx:3:3: node \"ő\": it is there already, at 2:2",
		},
		"an id twice": {
			`{"ShNodes": [{"Name": "a", "ShNodeId": "7"}, {"Name": "b", "ShNodeId": "7"}, {"Name": "c"}, {"Name": "d"}]}`,
			`x:1:46: ShNodeId "7": it is there already, at 1:14`,
		},
		"hardware twice, in two lists": {
			`{"ShNodes": [], "ACacs": [{"ComponentAttributeClassId": "c"}, {"ComponentAttributeClassId": "c"}], "AComponents": [{"ComponentId": "7"}], "BComponents": [{"ComponentId": "7"}]}`,
			"x:1:63: class \"c\": it is there already, at 1:27\nx:1:155: component \"7\": it is there already, at 1:116",
		},
		"no component": {`{"ShNodes": [{"Name": "a", "ComponentId": "7"}]}`, `x:1:43: node "a": there is no component "7": add it to a list …Components`},
		"no class":     {`{"ShNodes": [], "OtherComponents": [{"ComponentId": "7", "ComponentAttributeClassId": "c"}]}`, `x:1:37: component "7": there is no class "c": add it to a list …Cacs`},
		"no id":        {`{"ShNodes": [], "OtherComponents": [{}], "OtherCacs": [{"DisplayName": 1}]}`, "x:1:37: something in OtherComponents has no ComponentId\nx:1:56: something in OtherCacs has no ComponentAttributeClassId\nx:1:72: class \"\": DisplayName has to be a string"},
		"no parent": {
			`{"ShNodes": [{"Name": "scada"}, {"Name": "r", "ActorHierarchyName": "sacda.r"}, {"Name": "a.b"}]}`,
			"x:1:69: node \"r\": there is no node \"sacda\" that it could belong to; did you mean \"scada\"?\nx:1:81: node \"a.b\": there is no node \"a\" that it could belong to; did you mean \"r\"?",
		},
		"another's path": {`{"ShNodes": [{"Name": "s"}, {"Name": "r", "ActorHierarchyName": "s.relay"}]}`, `x:1:65: node "r": ActorHierarchyName is "s.relay": it has to end with the node's name`},
		"a circle": {
			`{"ShNodes": [{"Name": "x", "ActorHierarchyName": "c.x"}, {"Name": "c", "ActorHierarchyName": "b.c"}, {"Name": "b", "ActorHierarchyName": "a.b"}, {"Name": "a", "ActorHierarchyName": "c.a"}]}`,
			`x:1:94: node "c": it belongs to itself: c → b → a → c`,
		},
		"a circle that is entered behind its first node": {
			`{"ShNodes": [{"Name": "x", "ActorHierarchyName": "a.x"}, {"Name": "b", "ActorHierarchyName": "a.b"}, {"Name": "a", "ActorHierarchyName": "b.a"}]}`,
			`x:1:94: node "b": it belongs to itself: b → a → b`,
		},
		"its own parent": {`{"ShNodes": [{"Name": "s", "ActorHierarchyName": "s.s"}]}`, `x:1:50: node "s": it belongs to itself: s → s`},
		"a web server of none": {
			`{"ShNodes": [], "OtherComponents": [{"ComponentId": "w", "TypeName": "web.server.component.gt"}, {"ComponentId": "v", "TypeName": "web.server.component.gt", "WebServer": {"Port": 65536, "Host": 1}}, {"ComponentId": "u", "TypeName": "web.server.component.gt", "WebServer": []}, {"ComponentId": "t", "TypeName": "web.server.component.gt", "WebServer": {"Port": 99999999999999999999}}]}`,
			"x:1:37: component \"w\": it needs an object WebServer\nx:1:180: component \"v\": Port is 65536: it has to be 0 to 65535\nx:1:195: component \"v\": Host has to be a string\nx:1:273: component \"u\": it needs an object WebServer\nx:1:360: component \"t\": Port has to be a whole number",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := layout.Parse("x", []byte(tc.text))
			require.Nil(t, l)
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestDepth(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(`{"ShNodes": [], "Deep": ` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}")
	}
	_, err := layout.Parse("x", nested(100))
	require.NoError(t, err)
	_, err = layout.Parse("x", nested(101))
	require.EqualError(t, err, "x:1:125: it nests deeper than 100 levels")
}

func TestByteOrderMark(t *testing.T) {
	_, err := layout.Parse("x", []byte("\uFEFF{\"ShNodes\": []}"))
	require.NoError(t, err)
}

// Of a tree in any order, every child has its parent; with one node left out,
// each of its children is a problem.
func TestTrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 12).Draw(t, "nodes")
		parents := make([]int, n)
		order := rapid.Permutation(indices(n)).Draw(t, "order")
		left := rapid.IntRange(0, n).Draw(t, "left out")
		orphans := 0
		var objects []string
		for i := range n {
			parents[i] = rapid.IntRange(-1, i-1).Draw(t, "parent")
		}
		for _, i := range order {
			if i == left {
				continue
			}
			path := name(i)
			if parents[i] >= 0 {
				path = name(parents[i]) + "." + path
			}
			if parents[i] == left {
				orphans++
			}
			objects = append(objects, `{"Name":"`+name(i)+`","ActorHierarchyName":"`+path+`"}`)
		}
		l, err := layout.Parse("x", []byte(`{"ShNodes":[`+strings.Join(objects, ",")+`]}`))
		var faults *layout.Error
		if orphans > 0 {
			if !errors.As(err, &faults) || len(faults.Problems) != orphans {
				t.Fatalf("%d orphans: %v", orphans, err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		children := len(l.Roots())
		for _, node := range l.Nodes() {
			children += len(l.Children(node.Name))
		}
		if children != len(objects) {
			t.Fatalf("%d nodes, %d of them are found from the roots down", len(objects), children)
		}
	})
}

func indices(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

func name(i int) string { return string(rune('a' + i)) }

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/house.json")
	require.NoError(f, err)
	f.Add(text)
	for _, s := range []string{"", "[]", `{"ShNodes":[{"Name":"a","ActorHierarchyName":"a.a"}]}`, `{"ShNodes":[{"Alias":"."}]}`, "\uFEFF{}", `{"a":1,"a":[{}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := layout.Parse("x", text)
		if err == nil {
			require.LessOrEqual(t, len(l.Roots()), len(l.Nodes()))
			return
		}
		var faults *layout.Error
		require.ErrorAs(t, err, &faults)
		require.NotEmpty(t, faults.Problems)
		for _, p := range faults.Problems {
			require.Positive(t, p.Line)
			require.Positive(t, p.Col)
			require.LessOrEqual(t, p.Line, strings.Count(string(text), "\n")+1)
		}
	})
}
