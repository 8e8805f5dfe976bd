package retained

// Topics returns how many topics are remembered.
func (s *State) Topics() int { return len(s.topics) }
