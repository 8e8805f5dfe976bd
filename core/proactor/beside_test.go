package proactor_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/core/proactor"
	"github.com/hubtape/hubtape/core/proactor/layout"
	"github.com/hubtape/hubtape/core/proactor/tasks"
	"github.com/hubtape/hubtape/core/proactor/web"
)

func TestTasksBesideTheLoop(t *testing.T) {
	t.Run("a task runs from the start to the end", func(t *testing.T) {
		looks, ended := 0, false
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				p.Tasks().Add("weather", func(job *tasks.Job) error {
					for job.Sleep(time.Minute) {
						looks++
					}
					ended = true
					return nil
				})
				return nil
			}
		})
		w := world(t, 1, m)
		advance(t, w, 10*time.Minute+time.Second)
		require.Equal(t, 10, looks)
		m.Shutdown("enough")
		advance(t, w, time.Second)
		require.True(t, ended)
	})
	t.Run("GW-179 one that fails is a problem, and ends the proactor", func(t *testing.T) {
		m := newMember(t, "hw1", func(o *proactor.Options) {
			o.Setup = func(p *proactor.Proactor) error {
				p.Tasks().Add("weather", func(*tasks.Job) error { return errors.New("no forecast") })
				return nil
			}
		})
		err := world(t, 1, m).Advance(time.Minute)
		require.ErrorContains(t, err, "no forecast")
		require.Contains(t, m.told(t), "a task failed")
		require.Contains(t, stored(t, m), "gridworks.event.shutdown")
	})
	t.Run("GW-151 tasks are monitored with 20 s", func(t *testing.T) {
		m := newMember(t, "hw1", nil)
		advance(t, world(t, 1, m), time.Hour) // they pat
		require.Error(t, m.Monitor("tasks", time.Minute))
	})
}

// served is a layout with a web server.
func served(t *testing.T) *layout.Layout {
	t.Helper()
	l, err := layout.Parse("house.json", []byte(`{
  "ShNodes": [{"Name": "s", "ActorClass": "NoActor"}],
  "WebServerComponents": [{"ComponentId": "c1", "TypeName": "web.server.component.gt", "WebServer": {"Name": "default", "Host": "127.0.0.1", "Port": 0, "Enabled": true}}]
}`))
	require.NoError(t, err)
	return l
}

func TestWeb(t *testing.T) {
	withRoute := func(o *proactor.Options) {
		o.Layout = served(t)
		o.Setup = func(p *proactor.Proactor) error {
			return p.Web().AddRoute(web.Route{Method: "GET", Path: "/pending", Handler: web.Work(func(*web.Request) web.Response {
				return web.JSON(p.Pending())
			})})
		}
	}
	t.Run("GW-190 a server of the layout answers, in a world without a socket", func(t *testing.T) {
		var body string
		m := newMember(t, "hw1", func(o *proactor.Options) {
			withRoute(o)
			route := o.Setup
			o.Setup = func(p *proactor.Proactor) error {
				p.Tasks().Add("browser", func(job *tasks.Job) error {
					job.Sleep(time.Minute)
					c := http.Client{Transport: p.Web().Transport("default")}
					answer, err := c.Get("http://house/pending")
					if err != nil {
						return err
					}
					defer answer.Body.Close()
					text, err := io.ReadAll(answer.Body)
					body = string(text)
					return err
				})
				return route(p)
			}
		})
		advance(t, world(t, 1, m), 2*time.Minute)
		require.Equal(t, "1", body)
	})
	t.Run("GW-191 a server that cannot listen ends the proactor", func(t *testing.T) {
		m := newMember(t, "hw1", func(o *proactor.Options) {
			withRoute(o)
			o.Listen = func(string, string) (net.Listener, error) { return nil, errors.New("the address is in use") }
		})
		err := world(t, 1, m).Advance(time.Minute)
		require.ErrorContains(t, err, "the address is in use")
		require.Contains(t, m.told(t), "the address is in use")
	})
}
