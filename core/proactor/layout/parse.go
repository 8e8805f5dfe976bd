package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// The keys of a file that are read; lists of components and classes have names
// that end so.
const (
	nodesKey         = "ShNodes"
	componentsSuffix = "Components"
	classesSuffix    = "Cacs"
	webServerType    = "web.server.component.gt"
)

// Parse reads a layout; file is its name in errors. The error is an *Error with
// every fault of the file.
func Parse(file string, text []byte) (*Layout, error) {
	p := &parser{
		text:   bytes.TrimPrefix(text, []byte("\uFEFF")),
		layout: &Layout{rest: map[string]json.RawMessage{}},
	}
	p.file()
	if err := p.problems.err(file); err != nil {
		return nil, err
	}
	return p.layout, nil
}

type parser struct {
	text     []byte
	layout   *Layout
	problems problems
	spans    []span // of each node
}

func (p *parser) place(at int) Place {
	line, col := place(p.text, at)
	return Place{line, col}
}

func (p *parser) file() {
	root, err := readTree(p.text, func(begin int, key string) {
		p.problems.add(p.place(begin), "", "%q stands twice in one object: remove one", key)
	})
	var fault *syntaxFault
	switch {
	case errors.As(err, &fault):
		p.problems.add(p.place(fault.at), "", "%s", fault.what)
		return
	case root.kind != isObject:
		p.problems.add(p.place(root.begin), "", "a layout is an object, with a list %s", nodesKey)
		return
	}
	for _, m := range root.members {
		p.topLevel(m)
	}
	if !slices.Contains(root.keys(), nodesKey) {
		p.problems.add(p.place(root.begin), "", "there is no list %s%s", nodesKey, instead(nodesKey, root.keys()))
	}
	p.check()
}

func (v *value) keys() (keys []string) {
	for _, m := range v.members {
		keys = append(keys, m.key)
	}
	return keys
}

func (p *parser) topLevel(m member) {
	switch {
	case m.key == nodesKey:
		p.objects(m, p.node)
	case strings.HasSuffix(m.key, componentsSuffix):
		p.objects(m, p.component)
	case strings.HasSuffix(m.key, classesSuffix):
		p.objects(m, p.class)
	default:
		p.layout.rest[m.key] = p.raw(m.value)
	}
}

func (p *parser) raw(v *value) json.RawMessage { return slices.Clone(p.text[v.begin:v.end]) }

// objects calls read with each object of a list.
func (p *parser) objects(m member, read func(o *object)) {
	if m.value.kind != isList {
		p.problems.add(p.place(m.value.begin), "", "%s has to be a list", m.key)
		return
	}
	for _, v := range m.value.items {
		if v.kind != isObject {
			p.problems.add(p.place(v.begin), "", "what stands in %s has to be an object", m.key)
			continue
		}
		read(&object{value: v, parser: p, list: m.key})
	}
}

func (p *parser) node(o *object) {
	name := "Name"
	_, named := o.get(name)
	if _, older := o.get("Alias"); older && !named {
		name = "Alias"
	}
	n := Node{Place: p.place(o.begin), JSON: p.raw(o.value)}
	n.Name = o.identity(name)
	o.about = "node " + strconv.Quote(n.Name)
	n.ID = o.text("ShNodeId")
	n.ActorClass = o.text("ActorClass")
	n.DisplayName = o.text("DisplayName")
	n.Handle = o.text("Handle")
	n.ComponentID = o.text("ComponentId")
	n.NameplatePowerW = o.number("NameplatePowerW", 0)
	n.InPowerMetering = o.truth("InPowerMetering", false)
	n.Parent = o.parent(n.Name)
	p.layout.nodes = append(p.layout.nodes, n)
	p.spans = append(p.spans, span{component: o.at("ComponentId"), parent: o.at("ActorHierarchyName")})
}

// span is where a node names others.
type span struct{ component, parent Place }

func (p *parser) component(o *object) {
	c := Component{Place: p.place(o.begin), JSON: p.raw(o.value)}
	c.ID = o.identity("ComponentId")
	o.about = "component " + strconv.Quote(c.ID)
	c.ClassID = o.text("ComponentAttributeClassId")
	c.TypeName = o.text("TypeName")
	c.DisplayName = o.text("DisplayName")
	p.layout.components = append(p.layout.components, c)
	if c.TypeName == webServerType {
		p.webServer(o, c.ID)
	}
}

func (p *parser) class(o *object) {
	c := Class{Place: p.place(o.begin), JSON: p.raw(o.value)}
	c.ID = o.identity("ComponentAttributeClassId")
	o.about = "class " + strconv.Quote(c.ID)
	c.TypeName = o.text("TypeName")
	c.MakeModel = o.text("MakeModel")
	c.DisplayName = o.text("DisplayName")
	p.layout.classes = append(p.layout.classes, c)
}

func (p *parser) webServer(o *object, id string) {
	v, ok := o.get("WebServer")
	if !ok || v.kind != isObject {
		p.problems.add(o.at("WebServer"), o.about, "it needs an object WebServer")
		return
	}
	inner := &object{value: v, parser: p, about: o.about}
	s := WebServer{Component: id, Name: inner.text("Name"), Host: inner.text("Host")}
	if s.Name == "" {
		s.Name = "default"
	}
	if s.Host == "" {
		s.Host = "localhost"
	}
	s.Enabled = inner.truth("Enabled", true)
	if s.Port = inner.number("Port", 8080); s.Port < 0 || s.Port > 65535 {
		p.problems.add(inner.at("Port"), o.about, "Port is %d: it has to be 0 to 65535", s.Port)
	}
	p.layout.servers = append(p.layout.servers, s)
}
