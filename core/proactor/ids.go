package proactor

import (
	"fmt"
	"time"

	"github.com/hubtape/hubtape/core"
)

// idsFrom makes ids of messages in the form of a random UUID (RFC 9562, 5.4). An
// id must not come twice, also when the program starts again with the same seed
// while events of the last time are stored: so the stream has the date of the
// start in its name. In a world that date is the world's.
func idsFrom(env *core.Env) func() string {
	stream := env.Rand("message ids from " + env.Wall().UTC().Format(time.RFC3339Nano))
	return func() string {
		high, low := stream.Uint64(), stream.Uint64()
		high = high&^0xf000 | 0x4000
		low = low&^(3<<62) | 2<<62
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&(1<<48-1))
	}
}
