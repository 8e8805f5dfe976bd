package settings

import "strings"

// Fault is a setting that cannot be used.
type Fault struct {
	// Variable is its name in the environment; empty: there is no name.
	Variable string
	// From is where its value came from: "the environment", a file with its line,
	// "the program" or "the default".
	From string
	// What is wrong.
	What string
}

// Error is all that is wrong with what was loaded.
type Error struct{ Faults []Fault }

// Error has a line for each fault: VARIABLE (from): what.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.From + ": " + f.What
		if f.Variable != "" {
			lines[i] = f.Variable + " (" + f.From + "): " + f.What
		}
	}
	return strings.Join(lines, "\n")
}
