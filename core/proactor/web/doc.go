// Package web lets an automation answer HTTP requests, over the network in
// production and in the process in a simulation.
//
//	s, err := web.New(l, web.Options{
//		Servers: web.FromLayout(house.WebServers()),
//		Failed:  report,
//		Listen:  net.Listen,
//	})
//	err = s.AddRoute(web.Route{
//		Method: "GET", Path: "/relays/{name}",
//		Handler: web.Work(func(r *web.Request) web.Response {
//			return web.JSON(relays[r.PathValue("name")])
//		}),
//	})
//	s.Start()
//	...
//	s.Stop()
//	err = s.Join(clock.In(rt, 10*time.Second))
//
// A request is read off the loop, with a bound on its body; then its work runs on
// the loop, among messages and timers, so it may touch what they touch; what the
// work returns is written off the loop again. However slow a client is, the loop
// does not wait for it.
//
// Servers and routes are added before Start. A server that cannot listen, and
// work that panics, are told to Options.Failed, and everything else goes on.
//
// # In a simulation
//
// Without Options.Listen no socket is opened, and Start only opens the doors
// inside: [Servers.Transport] is an http.RoundTripper that brings the requests of
// a task to the same routes, by the same steps, and waits for the answer on the
// runtime's clock.
//
//	c := http.Client{Transport: s.Transport("default")}
//	answer, err := c.Get("http://house/relays/boiler")
package web
