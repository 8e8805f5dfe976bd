package layout

import (
	"encoding/json"
	"slices"
)

// NoActor is the actor class of a node that is not run by anything.
const NoActor = "NoActor"

// Place is where something stands in its file, from 1; zero: it stands in none.
type Place struct{ Line, Col int }

// Node is something in the house that has a name.
type Node struct {
	Place
	// Name is how the node is addressed.
	Name string
	// ID is its ShNodeId; may be empty.
	ID string
	// ActorClass says which actor it is. Empty and NoActor: none.
	ActorClass string
	// DisplayName is for people.
	DisplayName string
	// Parent is the name of the node it belongs to; empty: none.
	Parent string
	// Handle is its place in the chain of command, as the file has it.
	Handle string
	// ComponentID is the hardware behind it; empty: none.
	ComponentID string
	// NameplatePowerW is what it draws at most, in watts; 0: not said.
	NameplatePowerW int
	// InPowerMetering: what it draws is metered.
	InPowerMetering bool
	// JSON is the whole node as it stands in the file; nil in Default.
	JSON json.RawMessage
}

// HasActor reports whether something runs for the node.
func (n Node) HasActor() bool { return n.ActorClass != "" && n.ActorClass != NoActor }

// Component is a piece of hardware.
type Component struct {
	Place
	ID          string // ComponentId
	ClassID     string // its ComponentAttributeClassId; may be empty
	TypeName    string
	DisplayName string
	JSON        json.RawMessage // the whole of it
}

// Class is a make and model of components.
type Class struct {
	Place
	ID          string // ComponentAttributeClassId
	TypeName    string
	MakeModel   string
	DisplayName string
	JSON        json.RawMessage // the whole of it
}

// WebServer is a server that the layout wants, from a component of type
// web.server.component.gt.
type WebServer struct {
	Component string // the component's id
	Name      string // "default" where it has none
	Host      string // "localhost" where it has none
	Port      int    // 8080 where it has none
	Enabled   bool   // true where nothing is said
}

// Layout is what a file says. Its methods may be called from any goroutine.
type Layout struct {
	nodes      []Node
	components []Component
	classes    []Class
	servers    []WebServer
	rest       map[string]json.RawMessage
}

// Default is the layout of somebody who has none: one node of that name, which
// is the program itself and needs no actor.
func Default(name string) *Layout {
	return &Layout{nodes: []Node{{Name: name, DisplayName: name, ActorClass: NoActor}}}
}

// Nodes returns all nodes, in the order of the file.
func (l *Layout) Nodes() []Node { return slices.Clone(l.nodes) }

// Node returns a node by its name.
func (l *Layout) Node(name string) (Node, bool) {
	return find(l.nodes, func(n Node) bool { return n.Name == name })
}

// Children returns the nodes whose parent has that name, in the order of the
// file.
func (l *Layout) Children(name string) []Node {
	return filter(l.nodes, func(n Node) bool { return n.Parent == name && name != "" })
}

// Roots returns the nodes that have no parent.
func (l *Layout) Roots() []Node {
	return filter(l.nodes, func(n Node) bool { return n.Parent == "" })
}

// Components returns the hardware, in the order of the file.
func (l *Layout) Components() []Component { return slices.Clone(l.components) }

// Component returns a component by its id.
func (l *Layout) Component(id string) (Component, bool) {
	return find(l.components, func(c Component) bool { return c.ID == id })
}

// ComponentsOf returns the components of a type, in the order of the file.
func (l *Layout) ComponentsOf(typeName string) []Component {
	return filter(l.components, func(c Component) bool { return c.TypeName == typeName })
}

// Class returns a component's class by its id.
func (l *Layout) Class(id string) (Class, bool) {
	return find(l.classes, func(c Class) bool { return c.ID == id })
}

// WebServers returns the servers that the layout wants, also disabled ones.
func (l *Layout) WebServers() []WebServer { return slices.Clone(l.servers) }

// Rest returns what stands in the file under a key that this package does not
// read, such as MyScadaGNode or DataChannels.
func (l *Layout) Rest(key string) (json.RawMessage, bool) {
	text, ok := l.rest[key]
	return slices.Clone(text), ok
}

func find[T any](all []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	return *new(T), false
}

func filter[T any](all []T, is func(T) bool) (some []T) {
	for _, one := range all {
		if is(one) {
			some = append(some, one)
		}
	}
	return some
}
