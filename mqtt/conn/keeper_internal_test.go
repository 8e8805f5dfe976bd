package conn

import (
	"bufio"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// kept is a wire over a pipe, with its keeper, inside of a bubble.
func kept(t *testing.T, keepAlive time.Duration) (w *wire, peer net.Conn, stop func()) {
	t.Helper()
	ours, theirs := net.Pipe()
	w = newWire(ours, V311)
	w.connected = true
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		w.keep(keepAlive, over)
	}()
	return w, theirs, func() {
		close(over)
		<-done
		_ = ours.Close()
		_ = theirs.Close()
	}
}

// A broker that answers pings is kept, however long nothing else comes.
func TestKeeperPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer, stop := kept(t, time.Minute)
		pings := 0
		go func() {
			in := bufio.NewReader(peer)
			for {
				var b [2]byte
				if _, err := io.ReadFull(in, b[:]); err != nil {
					return
				}
				pings++
				if _, err := peer.Write([]byte{0xd0, 0}); err != nil {
					return
				}
			}
		}()
		go func() { _, _ = io.Copy(io.Discard, w) }()
		<-time.After(time.Hour)
		synctest.Wait()
		require.NoError(t, w.why(nil))
		require.GreaterOrEqual(t, pings, 60)
		require.LessOrEqual(t, pings, 120)
		stop()
		synctest.Wait()
	})
}

// A broker that does not answer is lost after one and a half times, also while
// we write all the time.
func TestKeeperGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer, stop := kept(t, time.Minute)
		go func() { _, _ = io.Copy(io.Discard, peer) }()
		go func() {
			for w.send(0x30, 3, 0, 1, 'a') == nil {
				<-time.After(time.Second)
			}
		}()
		begun := time.Now()
		_, err := w.Read(make([]byte, 10))
		require.ErrorContains(t, err, "the broker has been silent for more than 1m30s")
		require.Equal(t, 105*time.Second, time.Since(begun)) // it looks every 15 s
		var silent *SilentError
		require.ErrorAs(t, err, &silent)
		require.WithinDuration(t, begun, silent.Since, time.Microsecond)
		stop()
		<-time.After(2 * time.Second) // in the bubble: the writer notices
		synctest.Wait()
	})
}

// A broker that has nothing to say but to pings is kept while we write all the
// time, too.
func TestKeeperPingsWhileWriting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer, stop := kept(t, time.Minute)
		go func() {
			in := bufio.NewReader(peer)
			for {
				b, err := in.ReadByte()
				if b == 0xc0 {
					_, err = peer.Write([]byte{0xd0, 0})
				}
				if err != nil {
					return
				}
			}
		}()
		go func() { _, _ = io.Copy(io.Discard, w) }()
		go func() {
			for w.send(0x30, 3, 0, 1, 'a') == nil {
				<-time.After(time.Second)
			}
		}()
		<-time.After(time.Hour)
		synctest.Wait()
		require.NoError(t, w.why(nil))
		stop()
		<-time.After(2 * time.Second) // in the bubble: the writer notices
	})
}

// While OnMessage blocks nothing is read; that is not the broker's silence, and
// pings go on.
func TestKeeperWaitsForOnMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, peer, stop := kept(t, time.Minute) // nobody reads
		pings := 0
		go func() {
			var b [2]byte
			for {
				if _, err := io.ReadFull(peer, b[:]); err != nil {
					return
				}
				pings++
			}
		}()
		<-time.After(time.Hour)
		synctest.Wait()
		require.GreaterOrEqual(t, pings, 60)
		stop()
		synctest.Wait()
	})
}

// What cannot be pinged is given up, and no keep alive means none.
func TestKeeperEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, peer, stop := kept(t, time.Minute)
		_ = peer.Close()
		<-time.After(time.Minute)
		synctest.Wait()
		require.Error(t, w.why(nil))
		require.True(t, errors.Is(w.publisher.ended(), ErrLost))
		stop()

		w, _, stop = kept(t, 0)
		<-time.After(100 * time.Hour)
		require.NoError(t, w.why(nil))
		stop()
		synctest.Wait()
	})
}
