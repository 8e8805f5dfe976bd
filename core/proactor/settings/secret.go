package settings

import (
	"fmt"
	"log/slog"
)

// Secret is a text that is not to be seen. However it is printed, logged or
// written as JSON, stars stand in its place, and nothing for an empty one. It is
// compared and copied like a string.
type Secret struct{ text string }

// NewSecret hides a text.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text, for those who have to know it.
func (s Secret) Reveal() string { return s.text }

// String is what may be seen.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return "**********"
}

// Format prints String, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.String()) }

// MarshalText writes String; JSON uses it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText takes the text.
func (s *Secret) UnmarshalText(text []byte) error {
	s.text = string(text)
	return nil
}

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
