package recorder

// The labels of the parts of one recording, and the note that ends all but the
// last.
const (
	// LabelRecording names the recording: drawn once for all its parts.
	LabelRecording = "recording"
	// LabelPart is the number of a part, from 1.
	LabelPart = "part"
	// NoteNextPart is the Text of the last record of a part that another one
	// follows.
	NoteNextPart = "the recording goes on in the next part"
)
