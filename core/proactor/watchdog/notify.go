package watchdog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"strconv"
	"time"
)

// notifyTimeout is how long a notification may wait for room in the socket.
const notifyTimeout = 5 * time.Second

// Notify is an External that tells systemd, by the protocol of sd_notify(3). The
// zero value tells nobody, and all it does succeeds. It is safe from any
// goroutine. Its calls return at once unless systemd is stuck; then they give up
// after 5 s of the machine's time, or when their context ends.
type Notify struct {
	socket   string
	watchdog time.Duration
}

// NewNotify reads from the environment whom to tell: $NOTIFY_SOCKET is a path or,
// with an @, an abstract name; $WATCHDOG_USEC says that systemd wants pats, if
// $WATCHDOG_PID is empty or this process. Without a socket nobody is told. Values
// that cannot be meant are errors.
func NewNotify() (Notify, error) {
	n := Notify{socket: os.Getenv("NOTIFY_SOCKET")}
	if n.socket == "" {
		return Notify{}, nil
	}
	if len(n.socket) < 2 || n.socket[0] != '/' && n.socket[0] != '@' {
		return Notify{}, fmt.Errorf("$NOTIFY_SOCKET is %q: it must be an absolute path, or @ and a name", n.socket)
	}
	mine, err := forThisProcess(os.Getenv("WATCHDOG_PID"))
	if err != nil || !mine {
		return n, err
	}
	n.watchdog, err = interval(os.Getenv("WATCHDOG_USEC"))
	return n, err
}

func forThisProcess(text string) (bool, error) {
	if text == "" {
		return true, nil
	}
	pid, err := strconv.Atoi(text)
	if err != nil || pid <= 0 {
		return false, fmt.Errorf("$WATCHDOG_PID is %q: it must be the number of a process", text)
	}
	return pid == os.Getpid(), nil
}

func interval(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	us, err := strconv.ParseInt(text, 10, 64)
	if err != nil || us <= 0 || us > math.MaxInt64/int64(time.Microsecond) {
		return 0, fmt.Errorf("$WATCHDOG_USEC is %q: it must be a number of microseconds above zero", text)
	}
	return time.Duration(us) * time.Microsecond, nil
}

// Watchdog is after what silence systemd starts the program again; 0: it does not
// watch it. A watchdog's Every should be half of it or less.
func (n Notify) Watchdog() time.Duration { return n.watchdog }

// Pat says that the program is well, where systemd wants to hear that.
func (n Notify) Pat(ctx context.Context) error {
	if n.watchdog == 0 {
		return nil
	}
	return n.tell(ctx, "WATCHDOG=1")
}

// Ready says that the program has started.
func (n Notify) Ready(ctx context.Context) error { return n.tell(ctx, "READY=1") }

// Stopping says that the program is about to end.
func (n Notify) Stopping(ctx context.Context) error { return n.tell(ctx, "STOPPING=1") }

func (n Notify) tell(ctx context.Context, state string) error {
	if n.socket == "" {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, notifyTimeout, errors.New("nobody reads from the socket"))
	defer cancel()
	if err := send(ctx, n.socket, state); err != nil {
		return fmt.Errorf("tell systemd %s: %w", state, err)
	}
	return nil
}

// send writes one datagram; there may have to be room for it first.
func send(ctx context.Context, socket, text string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "unixgram", socket)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := conn.Write([]byte(text)); err != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return nil
}
