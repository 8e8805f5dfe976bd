package web

import "net/http"

// site is what there is of one server name: its config, if it has one, and its
// routes.
type site struct {
	all        *Servers
	name       string
	configured bool
	config     Config
	mux        *http.ServeMux // of finders; not changed after Start
	serving    bool
	network    *network // nil: it has none
}

func newSite(all *Servers, name string) *site {
	return &site{all: all, name: name, mux: http.NewServeMux()}
}

// start opens the network, if there is one, and lets requests in.
func (s *site) start() {
	all := s.all
	if all.o.Listen == nil {
		s.serving = true
		return
	}
	var n *network
	var err error
	all.rt.Blocking(func() { n, err = listen(s, all.o) })
	switch {
	case err != nil:
		all.tell(err)
	case all.stopped: // meanwhile
		n.close()
	default:
		s.network, s.serving = n, true
		all.open++
		all.gone.Clear()
		n.serve()
	}
}

// stop lets nobody in any more, and closes the network beside the loop.
func (s *site) stop() {
	s.serving = false
	if s.network == nil {
		return
	}
	all := s.all
	all.rt.Go("web server "+s.name+": end", func() {
		all.rt.Blocking(s.network.shutdown)
		if all.open--; all.open == 0 {
			all.gone.Set()
		}
	})
}
