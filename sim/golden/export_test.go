package golden

// Messages are those of the file.
func (f *File) Messages() []Message { return f.messages }
