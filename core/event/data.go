package event

// Data is what the events of a Bus carry when they have no type of their own:
// arguments by position and by name. Handlers of one emit share it and must not
// change it. The zero value has no arguments.
type Data struct {
	Args  []any
	Named map[string]any
}

// Arg returns the argument at the index, from 0; false: there is none.
func (d Data) Arg(i int) (x any, ok bool) {
	if i < 0 || i >= len(d.Args) {
		return nil, false
	}
	return d.Args[i], true
}

// Key returns the argument of that name; false: there is none.
func (d Data) Key(name string) (x any, ok bool) {
	x, ok = d.Named[name]
	return x, ok
}
