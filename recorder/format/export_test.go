package format

// Matching returns the names of all formats that take a file beginning with
// head for theirs.
func Matching(head []byte) []string {
	var names []string
	for _, f := range all {
		if f.Matches != nil && f.Matches(trimHead(head)) {
			names = append(names, f.Name)
		}
	}
	return names
}

// SetLineMax sets how long a line may be and returns how long one might be before.
func SetLineMax(n int) (before int) {
	before, lineMax = lineMax, n
	return before
}

// CheckRecord says why a record fits no tape.
var CheckRecord = checkRecord

// CSVRows returns all rows of a text, as far as they can be understood.
func CSVRows(text []byte) [][]string { return headRows(text, 1<<20) }

// AppendCSVField appends a field as the encoders do.
func AppendCSVField(b []byte, s string) []byte { return appendField(b, s) }
