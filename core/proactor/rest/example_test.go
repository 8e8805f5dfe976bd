package rest_test

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/rest"
	"github.com/hubtape/hubtape/core/proactor/tasks"
	"github.com/hubtape/hubtape/core/proactor/web"
)

// A house asks for the price of electricity every hour. The service is played by
// a server in the process, which has a bad hour.
func Example() {
	v := clock.NewVirtual(clock.VirtualOptions{})
	defer v.Close()
	err := v.Run("house", func() {
		l := loop.New(v, loop.Options{})
		service, err := web.New(l, web.Options{
			Servers: []web.Config{{Name: "market"}},
			Failed:  func(err error) { fmt.Println(err) },
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		err = service.AddRoute(web.Route{Server: "market", Method: "GET", Path: "/price", Handler: web.Work(func(*web.Request) web.Response {
			if v.Now() == time.Hour {
				return web.Text(http.StatusServiceUnavailable, "closed")
			}
			return web.JSON(100 + int(v.Now().Hours()))
		})})
		if err != nil {
			fmt.Println(err)
			return
		}
		service.Start()
		price, err := rest.New(l, rest.Options[int]{
			Name:    "price",
			URL:     "http://market/price",
			Every:   time.Hour,
			Client:  &http.Client{Transport: service.Transport("market")},
			Convert: rest.JSON[int],
			Deliver: func(price int) { fmt.Println(v.Now(), "price", price) },
			Failed:  func(e *rest.Error) { fmt.Println(v.Now(), e) },
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		beside, err := tasks.New(l, tasks.Options{Failed: func(e *tasks.Error) { fmt.Println(e) }})
		if err != nil {
			fmt.Println(err)
			return
		}
		beside.Add("price", price.Run)
		beside.Start()
		l.StopAfter(150*time.Minute, 0)
		l.Run()
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 0s price 100
	// 1h0m0s poller "price", failure 1 in a row: bad status: the service answered 503: "closed\n"
	// 2h0m0s price 102
}
