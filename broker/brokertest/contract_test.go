package brokertest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/hubtape/hubtape/broker/brokertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestInProcess(t *testing.T) { brokertest.Run(t, brokertest.InProcess) }

func TestInProcessSystem(t *testing.T) { brokertest.Run(t, brokertest.InProcessSystem) }

func TestServed(t *testing.T) { brokertest.Run(t, brokertest.Served) }

func TestMosquitto(t *testing.T) { brokertest.Run(t, brokertest.Mosquitto) }
