package brokertest

import (
	"errors"
	"testing"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/clock"
)

// ServedTraits are where mochi, which delivers between network clients, differs
// from in-process sessions.
var ServedTraits = Traits{
	CausesUnordered:      true,
	SharedUnordered:      true,
	PlusHashMissesParent: true,
	SysPublishSilent:     true,
}

// Served is a column of paho clients over TCP to package broker.
func Served(t testing.TB) Column {
	t.Helper()
	rt := clock.NewSystem(clock.SystemOptions{})
	b, err := broker.New(broker.Options{Runtime: rt})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rt.Run("close the broker", func() { err = b.Close() }); err != nil {
			t.Error(err)
		}
		if err := errors.Join(err, rt.Close()); err != nil {
			t.Error(err)
		}
	})
	var address string
	runErr := rt.Run("serve", func() {
		addr, serveErr := b.Serve(broker.ListenOptions{Address: "127.0.0.1:0"})
		if err = serveErr; err == nil {
			address = "tcp://" + addr.String()
		}
	})
	if err := errors.Join(runErr, err); err != nil {
		t.Fatal(err)
	}
	return Paho(t, address, ServedTraits)
}
