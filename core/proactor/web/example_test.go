package web_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/web"
)

// A house answers two requests, in a simulation and so without a network.
func Example() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	relays := map[string]string{"boiler": "off"}
	err := v.Run("client", func() {
		l := loop.New(v, loop.Options{})
		v.Go("house", func() { l.Run() })
		s, err := web.New(l, web.Options{
			Servers: []web.Config{{Name: "house", Port: 8080}},
			Failed:  func(err error) { fmt.Println(err) },
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, r := range []web.Route{
			{Method: "GET", Path: "/relays", Handler: web.Work(func(*web.Request) web.Response {
				return web.JSON(relays)
			})},
			{Method: "PUT", Path: "/relays/{name}", Handler: web.WorkJSON(func(r *web.Request, state string) web.Response {
				relays[r.PathValue("name")] = state
				return web.Response{}
			})},
		} {
			r.Server = "house"
			if err := s.AddRoute(r); err != nil {
				fmt.Println(err)
			}
		}
		s.Start()
		c := http.Client{Transport: s.Transport("house")}
		for _, r := range [][3]string{
			{"PUT", "/relays/boiler", `"on"`},
			{"PUT", "/relays/boiler", `on`},
			{"GET", "/relays", ""},
		} {
			ask, _ := http.NewRequest(r[0], "http://house"+r[1], strings.NewReader(r[2]))
			answer, err := c.Do(ask)
			if err != nil {
				fmt.Println(err)
				return
			}
			body, _ := io.ReadAll(answer.Body)
			fmt.Println(strings.TrimSpace(answer.Status + " " + string(body)))
		}
		l.Stop(0)
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 200 OK
	// 400 Bad Request the body is not the JSON that is wanted here: invalid character 'o' looking for beginning of value
	// 200 OK {"boiler":"on"}
}
