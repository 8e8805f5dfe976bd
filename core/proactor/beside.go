package proactor

import (
	"errors"

	"github.com/hubtape/hubtape/core/proactor/events"
	"github.com/hubtape/hubtape/core/proactor/tasks"
	"github.com/hubtape/hubtape/core/proactor/web"
)

// tasksName is what the watchdog calls the tasks.
const tasksName = "tasks"

// newTasks makes what runs beside the loop. The watchdog looks after it (GW-151).
func (p *Proactor) newTasks() (err error) {
	timeout := max(tasks.DefaultTimeout, p.o.WatchdogEvery) // a watchdog that looks seldom asks for less
	p.tasks, err = tasks.New(p.env.Loop, tasks.Options{
		Failed: func(e *tasks.Error) { // GW-179
			p.Problem(events.Error, "a task failed", e.Error())
			p.fail(e)
		},
		Pat:     func() { p.Pat(tasksName) },
		Timeout: timeout,
	})
	if err != nil {
		return err
	}
	return p.Monitor(tasksName, timeout)
}

// newWeb makes the web servers of the layout. A route that fails is a problem; a
// server that cannot listen ends the proactor (GW-191).
func (p *Proactor) newWeb() (err error) {
	p.web, err = web.New(p.env.Loop, web.Options{
		Servers: web.FromLayout(p.o.Layout.WebServers()),
		Listen:  p.o.Listen,
		Log:     p.logs.General(),
		Failed: func(err error) {
			p.problemOf(&p.told.web, events.Error, "web", err.Error())
			var server *web.ServerError
			if errors.As(err, &server) {
				p.fail(server)
			}
		},
	})
	return err
}
