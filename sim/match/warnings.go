package match

// maxWarnings is how many different warnings are kept; further ones are only
// counted. It bounds memory over a long run.
const maxWarnings = 100

// Warning is one kind of trouble and how often it came.
type Warning struct {
	Text  string
	Count int
}

// Warnings counts what went wrong without failing anything: an expression that
// met a value of the wrong type. The zero value is ready to use; not safe for
// concurrent use.
type Warnings struct {
	list  []Warning
	index map[string]int
	more  int
}

// Add counts one more of this text. A nil Warnings drops it.
func (w *Warnings) Add(text string) {
	if w == nil {
		return
	}
	if i, ok := w.index[text]; ok {
		w.list[i].Count++
		return
	}
	if len(w.list) == maxWarnings {
		w.more++
		return
	}
	if w.index == nil {
		w.index = map[string]int{}
	}
	w.index[text] = len(w.list)
	w.list = append(w.list, Warning{Text: text, Count: 1})
}

// List returns the warnings in the order they first came.
func (w *Warnings) List() []Warning {
	if w == nil {
		return nil
	}
	out := append([]Warning(nil), w.list...)
	if w.more > 0 {
		out = append(out, Warning{Text: "further warnings of other kinds", Count: w.more})
	}
	return out
}
