package broker

import "errors"

// greetingBytes is the longest CONNECT that is taken. Its client id, user name,
// password and will fill 320 KiB at most; the rest is for properties.
const greetingBytes = 1 << 20

var errGreeting = errors.New("its first packet is longer than any CONNECT needs to be")

// greeting follows the length of a connection's first packet (2.2.3). Mochi
// makes room for what that length says before anything else is known of the
// client, up to 256 MiB.
type greeting struct {
	at     int // bytes of the fixed header that were seen
	length int
	known  bool
}

// check looks at the next bytes that came; an error: there are too many to come.
func (g *greeting) check(p []byte) error {
	for _, b := range p {
		if g.known {
			return nil
		}
		if g.at++; g.at == 1 {
			continue // what kind of packet it is, mochi looks at
		}
		g.length |= int(b&0x7f) << (7 * (g.at - 2))
		if b&0x80 != 0 && g.at < 5 {
			continue
		}
		g.known = true // with a fifth byte that goes on mochi refuses it
		if g.length > greetingBytes {
			return errGreeting
		}
	}
	return nil
}
