package simtest_test

import (
	"testing"
	"time"

	"github.com/hubtape/hubtape/core"
	"github.com/hubtape/hubtape/mqtt"
	"github.com/hubtape/hubtape/sim"
	"github.com/hubtape/hubtape/sim/simtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/suite"
)

// hallSuite shows a suite of testify: a world a test, made of the suite's T.
type hallSuite struct {
	suite.Suite
	world *simtest.World
}

func (s *hallSuite) SetupTest() {
	s.world = simtest.New(s.T(), sim.Options{})
	s.world.AddApp("hall", core.AppFunc(hallLight))
	s.world.Publish(motion, `{"occupancy":true}`)
}

func (s *hallSuite) TestGoesOn() {
	s.world.RouteUntil(set, on, 0)
	s.Require().Zero(s.world.Now())
}

func (s *hallSuite) TestGoesOff() {
	s.world.Never(set, off, 5*time.Minute-1)
	s.world.RouteUntil(set, off, 1)
	s.Equal(5*time.Minute, s.world.Now())
}

func TestHallSuite(t *testing.T) { suite.Run(t, new(hallSuite)) }

// A table of cases: each has a world of its own, also side by side.
func TestTable(t *testing.T) {
	for name, c := range map[string]struct {
		motions int
		pause   time.Duration
		off     time.Duration // when the light goes off at last
	}{
		"once":        {1, 0, 5 * time.Minute},
		"twice":       {2, time.Minute, 6 * time.Minute},
		"many a time": {10, 4 * time.Minute, 41 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simtest.New(t, sim.Options{})
			w.AddApp("hall", core.AppFunc(hallLight))
			heard := 0
			w.AddApp("witness", core.AppFunc(func(env *core.Env) error {
				return env.Subscribe(set, func(m mqtt.Message) {
					heard++
					assert.JSONEq(t, map[bool]string{true: on, false: off}[heard <= c.motions], string(m.Payload))
				})
			}))
			for i := range c.motions {
				if i > 0 {
					w.Advance(c.pause)
				}
				w.Publish(motion, "{}")
			}
			w.RouteUntil(set, off, 5*time.Minute)
			assert.Equal(t, c.off, w.Now())
		})
	}
}
