package conn

import (
	"fmt"
	"strconv"
)

// Version is the protocol's, by the number in its CONNECT.
type Version uint8

// The versions that can be asked for. Auto is MQTT 5, and 3.1.1 where the broker
// refuses 5, or just closes the connection.
const (
	Auto Version = 0
	V311 Version = 4
	V5   Version = 5
)

// String is "auto", "3.1.1" or "5".
func (v Version) String() string {
	switch v {
	case Auto:
		return "auto"
	case V311:
		return "3.1.1"
	case V5:
		return "5"
	}
	return strconv.Itoa(int(v)) + ", which is no version"
}

// ParseVersion is the reverse of String. Its error wraps [ErrOptions].
func ParseVersion(text string) (Version, error) {
	for _, v := range []Version{Auto, V311, V5} {
		if text == v.String() {
			return v, nil
		}
	}
	return Auto, fmt.Errorf("%w: %q is no version of MQTT; give auto, 3.1.1 or 5", ErrOptions, text)
}
