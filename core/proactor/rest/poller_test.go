package rest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/clock"
	"github.com/hubtape/hubtape/clock/clocktest"
	"github.com/hubtape/hubtape/core/loop"
	"github.com/hubtape/hubtape/core/proactor/rest"
	"github.com/hubtape/hubtape/core/proactor/tasks"
)

// service is what is asked: it answers in the process.
type service func(*http.Request) (*http.Response, error)

func (s service) RoundTrip(r *http.Request) (*http.Response, error) { return s(r) }

func says(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Header: http.Header{"X-From": {"service"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// world is a poller beside a loop, with what was delivered and what was told, as
// lines.
type world struct {
	rt     clock.Runtime
	loop   *loop.Loop
	tasks  *tasks.Tasks
	handle tasks.Handle
	at     []time.Duration // when was asked
	got    []string
	told   []*rest.Error
	onLoop bool // all of it was on the loop
}

func text(a rest.Answer) (string, error) { return string(a.Body), nil }

// poll makes a poller that asks the service; o may change its options. It has
// not started.
func poll(t *testing.T, rt clock.Runtime, s service, changes ...func(*rest.Options[string])) *world {
	t.Helper()
	w := &world{rt: rt, loop: loop.New(rt, loop.Options{}), onLoop: true}
	o := rest.Options[string]{
		Name: "weather",
		URL:  "http://service/now",
		Client: &http.Client{Transport: service(func(r *http.Request) (*http.Response, error) {
			rt.Rejoin(func() { w.at = append(w.at, rt.Now()) })
			return s(r)
		})},
		Convert: text,
		Deliver: func(s string) {
			w.onLoop = w.onLoop && w.loop.Mine()
			w.got = append(w.got, s)
		},
		Failed: func(e *rest.Error) {
			w.onLoop = w.onLoop && w.loop.Mine()
			w.told = append(w.told, e)
		},
	}
	for _, change := range changes {
		change(&o)
	}
	p, err := rest.New(w.loop, o)
	require.NoError(t, err)
	w.tasks, err = tasks.New(w.loop, tasks.Options{Failed: func(e *tasks.Error) { t.Error(e) }})
	require.NoError(t, err)
	w.handle = w.tasks.Add("weather", p.Run)
	return w
}

// run lets the poller ask, and the loop run, for d.
func (w *world) run(t *testing.T, d time.Duration) {
	t.Helper()
	w.tasks.Start()
	w.loop.StopAfter(d, 0)
	w.loop.Run()
	w.tasks.Stop()
	require.NoError(t, w.tasks.Join(clock.Forever))
	require.True(t, w.onLoop)
}

func (w *world) rows() (rows []string) {
	for _, e := range w.told {
		rows = append(rows, fmt.Sprintf("%d %v", e.Row, e.Kind))
	}
	return rows
}

// script is a service that says one line after the other, over and over: a body,
// a status, or "!" for no answer.
func script(lines ...string) service {
	n := 0
	return func(*http.Request) (*http.Response, error) {
		line := lines[n%len(lines)]
		n++
		status := 200
		switch {
		case line == "!":
			return nil, io.ErrUnexpectedEOF
		case line >= "400" && line <= "599":
			_, err := fmt.Sscan(line, &status)
			if err != nil {
				return nil, err
			}
		}
		return says(status, line)
	}
}

// virtually is a subtest in virtual time.
func virtually(t *testing.T, name string, body func(*testing.T, *clock.Virtual)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { clocktest.Virtual(t, clock.VirtualOptions{}, body) })
}

func TestPoll(t *testing.T) {
	const m = time.Minute
	virtually(t, "GW-184 every minute", func(t *testing.T, v *clock.Virtual) {
		w := poll(t, v, script("sun", "rain"))
		w.run(t, 2*m+1)
		require.Equal(t, []time.Duration{0, m, 2 * m}, w.at, "GW-184 at once, and every minute")
	})
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var w *world
		w = poll(t, rt, script("a fine day", "rain"), func(o *rest.Options[string]) {
			o.Every = time.Millisecond
			deliver := o.Deliver
			o.Deliver = func(s string) {
				if deliver(s); len(w.got) == 3 {
					w.loop.Stop(0)
				}
			}
		})
		w.run(t, time.Hour)
		require.Equal(t, []string{"a fine day", "rain", "a fine day"}, w.got, "GW-184")
		require.Empty(t, w.told)
	})
}

func TestAnyRequest(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		n := 0
		w := poll(t, v, func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			return says(http.StatusTeapot, r.Method+" "+r.URL.String()+" "+string(body))
		}, func(o *rest.Options[string]) {
			o.Accept = func(status int) bool { return status == http.StatusTeapot }
			o.Convert = func(a rest.Answer) (string, error) {
				return fmt.Sprint(a.Status, a.Header.Get("X-From"), " ", string(a.Body)), nil
			}
			o.Reports = rest.Reports{NoAnswer: rest.Each}
			o.Request = func(ctx context.Context) (*http.Request, error) {
				switch n++; n {
				case 2:
					return nil, io.ErrNoProgress
				case 3:
					panic("no request")
				}
				return http.NewRequestWithContext(ctx, "POST", "http://service/ask", strings.NewReader(fmt.Sprint(n)))
			}
		})
		w.run(t, 190*time.Second)
		require.Equal(t, []string{"418service POST http://service/ask 1", "418service POST http://service/ask 4"}, w.got)
		require.Len(t, w.told, 2)
		require.ErrorIs(t, w.told[0], io.ErrNoProgress)
		require.Equal(t, rest.NoAnswer, w.told[0].Kind)
		require.ErrorContains(t, w.told[1], "making the request panicked: no request")
	})
}

// Whatever goes wrong, and however often, the poller asks again.
func TestReports(t *testing.T) {
	story := []string{"!", "!", "500", "!", "fine", "404", "503", "odd", "bad", "odd", "fine", "odd", "!"}
	convert := func(a rest.Answer) (string, error) {
		switch string(a.Body) {
		case "odd":
			return "", errors.New("odd words")
		case "bad":
			panic("no words")
		}
		return string(a.Body), nil
	}
	for _, c := range []struct {
		name    string
		reports rest.Reports
		want    []string
	}{
		{"GW-184 the first of each row", rest.Reports{}, []string{
			"1 no answer", "3 bad status", "4 no answer",
			"1 bad status", "3 not converted", "1 not converted", "2 no answer",
		}},
		{"GW-184 each", rest.Reports{NoAnswer: rest.Each, BadStatus: rest.Each, NotConverted: rest.Each}, []string{
			"1 no answer", "2 no answer", "3 bad status", "4 no answer",
			"1 bad status", "2 bad status", "3 not converted", "4 not converted", "5 not converted", "1 not converted", "2 no answer",
		}},
		{"GW-184 never", rest.Reports{NoAnswer: rest.Never, BadStatus: rest.Never, NotConverted: rest.Never}, nil},
		{"GW-184 each kind by its own setting", rest.Reports{NoAnswer: rest.Never, BadStatus: rest.Each}, []string{
			"3 bad status", "1 bad status", "2 bad status", "3 not converted", "1 not converted",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
				w := poll(t, v, script(story...), func(o *rest.Options[string]) {
					o.Convert, o.Reports = convert, c.reports
				})
				w.run(t, time.Duration(len(story)-1)*time.Minute+1)
				require.Len(t, w.at, len(story))
				require.Equal(t, []string{"fine", "fine"}, w.got)
				require.Equal(t, c.want, w.rows())
			})
		})
	}
}

func TestErrors(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		n := 0
		w := poll(t, v, func(*http.Request) (*http.Response, error) {
			switch n++; n {
			case 1:
				return nil, io.ErrUnexpectedEOF
			case 2:
				return says(http.StatusTooManyRequests, strings.Repeat("ä", 100))
			case 3:
				return says(http.StatusOK, "")
			case 4:
				return says(http.StatusOK, "panic")
			case 5:
				return says(http.StatusOK, "0123456789a")
			case 6:
				return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(io.MultiReader(strings.NewReader("x"), broken{}))}, nil
			case 7:
				panic("no line")
			default:
				return says(http.StatusOK, "0123456789")
			}
		}, func(o *rest.Options[string]) {
			o.URL = "http://me:secret@service/now?key=secret#secret"
			o.BodyMax = 10
			o.Reports = rest.Reports{NoAnswer: rest.Each, BadStatus: rest.Each, NotConverted: rest.Each}
			o.Convert = func(a rest.Answer) (string, error) {
				switch string(a.Body) {
				case "":
					return "", io.ErrShortBuffer
				case "panic":
					panic("no words")
				}
				return string(a.Body), nil
			}
		})
		w.run(t, 7*time.Minute+1)
		require.Equal(t, []string{"0123456789"}, w.got, "a body as long as it may be")
		var texts []string
		for _, e := range w.told {
			texts = append(texts, e.Error())
			require.Equal(t, "weather", e.Poller)
		}
		require.Equal(t, []string{
			`poller "weather", failure 1 in a row: no answer: GET http://service/now: unexpected EOF`,
			`poller "weather", failure 2 in a row: bad status: the service answered 429: "` + strings.Repeat("ä", 5) + `"`,
			`poller "weather", failure 3 in a row: not converted: short buffer`,
			`poller "weather", failure 4 in a row: not converted: converting panicked: no words`,
			`poller "weather", failure 5 in a row: no answer: GET http://service/now: the answer's body is too long: it may have 10 bytes`,
			`poller "weather", failure 6 in a row: no answer: GET http://service/now: the line is dead`,
			`poller "weather", failure 7 in a row: no answer: asking panicked: no line`,
		}, texts, "and no secret in any")
		require.ErrorIs(t, w.told[0], io.ErrUnexpectedEOF)
		var status *rest.StatusError
		require.ErrorAs(t, w.told[1], &status)
		require.Len(t, status.Answer.Body, 10)
		require.ErrorIs(t, w.told[2], io.ErrShortBuffer)
		require.ErrorIs(t, w.told[4], rest.ErrTooLong)
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the line is dead") }

func TestBackoff(t *testing.T) {
	const m = time.Minute
	virtually(t, "longer pauses", func(t *testing.T, v *clock.Virtual) {
		w := poll(t, v, script("fine", "!", "500", "!", "!", "fine", "!", "fine"), func(o *rest.Options[string]) {
			o.BackoffMax = 5 * m
		})
		w.run(t, 22*m+1)
		require.Equal(t, []time.Duration{0, m, 3 * m, 7 * m, 12 * m, 17 * m, 18 * m, 20 * m, 21 * m, 22 * m}, w.at,
			"two minutes, four, then five at most, and one again")
	})
	virtually(t, "without end", func(t *testing.T, v *clock.Virtual) {
		w := poll(t, v, script("!"), func(o *rest.Options[string]) { o.Every, o.BackoffMax = m, math.MaxInt64 })
		w.run(t, 1_000_000*time.Hour)
		require.Len(t, w.at, 25, "doubled again and again, it stays in bounds")
	})
	virtually(t, "an endless pause", func(t *testing.T, v *clock.Virtual) {
		w := poll(t, v, script("fine"), func(o *rest.Options[string]) { o.Every = math.MaxInt64 })
		w.loop.After(time.Hour, func() {})
		w.run(t, 1_000_000*time.Hour)
		require.Len(t, w.at, 1, "once and never again")
	})
}

// asleep is a service that takes d.
func asleep(rt clock.Runtime, d time.Duration) service {
	return func(r *http.Request) (*http.Response, error) {
		rt.Rejoin(func() { clock.Sleep(rt, d) })
		return says(http.StatusOK, "late")
	}
}

func TestSlowAnswers(t *testing.T) {
	const s = time.Second
	virtually(t, "longer than the pause", func(t *testing.T, v *clock.Virtual) {
		w := poll(t, v, asleep(v, 25*s), func(o *rest.Options[string]) { o.Every = 10 * s })
		w.run(t, 65*s)
		require.Equal(t, []time.Duration{0, 30 * s, 60 * s}, w.at, "what is missed is dropped, and its place kept")
		require.Equal(t, []string{"late", "late"}, w.got)
	})
	virtually(t, "as long as the pause", func(t *testing.T, v *clock.Virtual) {
		w := poll(t, v, asleep(v, 10*s), func(o *rest.Options[string]) { o.Every = 10 * s })
		w.run(t, 31*s)
		require.Equal(t, []time.Duration{0, 20 * s}, w.at, "an answer at the very instant is one that was missed")
	})
}

func TestTimeout(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		var w *world
		w = poll(t, rt, asleep(rt, time.Hour), func(o *rest.Options[string]) {
			o.Timeout = 5 * time.Millisecond
			o.Failed = func(e *rest.Error) {
				w.told = append(w.told, e)
				w.loop.Stop(0)
			}
		})
		w.run(t, time.Hour)
		require.Len(t, w.told, 1)
		require.ErrorIs(t, w.told[0], rest.ErrTimeout)
		require.EqualError(t, w.told[0], `poller "weather", failure 1 in a row: no answer: GET http://service/now: the answer took too long: it may take 5ms`)
		require.Empty(t, w.got)
	})
}

// What has ended takes its timeout with it: a later request is not cut short.
func TestTimeoutIsOfOneRequest(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		w := poll(t, v, asleep(v, 20*time.Second), func(o *rest.Options[string]) { o.Every = 25 * time.Second })
		w.run(t, time.Minute)
		require.Equal(t, []string{"late", "late"}, w.got, "each within thirty seconds")
		require.Empty(t, w.told)
	})
}

func TestCancel(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		asked := clock.NewLatch(rt, "a request")
		slow := asleep(rt, time.Hour)
		w := poll(t, rt, func(r *http.Request) (*http.Response, error) {
			rt.Rejoin(asked.Set)
			return slow(r)
		}, func(o *rest.Options[string]) { o.Timeout = 2 * time.Hour })
		rt.Go("who cancels", func() {
			require.NoError(t, asked.Wait(clock.Forever))
			w.tasks.Cancel(w.handle)
			w.loop.Stop(0)
		})
		w.run(t, 3*time.Hour)
		require.Empty(t, w.got)
		require.Empty(t, w.told, "quietly")
	})
}

// An answer that is on its way to the loop when the poller is cancelled is not
// delivered, and a loop that has ended does not hold the poller.
func TestCancelledBeforeItIsDelivered(t *testing.T) {
	clocktest.Runtimes(t, func(t *testing.T, rt clock.Runtime) {
		w := poll(t, rt, script("fine"))
		w.tasks.Start()
		for len(w.at) == 0 {
			clock.Sleep(rt, time.Millisecond)
		}
		clock.Sleep(rt, time.Millisecond)
		w.tasks.Stop()
		require.NoError(t, w.tasks.Join(clock.Forever), "though nobody runs the loop")
		w.loop.StopAfter(time.Millisecond, 0)
		w.loop.Run()
		require.Empty(t, w.got)
	})
}

// Deliver panics by the loop's rule, and the next answer comes all the same.
func TestDeliverThatPanics(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		panics, told := 0, 0
		l := loop.New(v, loop.Options{OnPanic: func(*loop.CallbackPanic) { panics++ }})
		p, err := rest.New(l, rest.Options[string]{
			URL: "http://service", Client: &http.Client{Transport: script("!", "fine")}, Convert: text,
			Failed:  func(*rest.Error) { told++ },
			Deliver: func(string) { panic("no") },
		})
		require.NoError(t, err)
		beside, err := tasks.New(l, tasks.Options{Failed: func(e *tasks.Error) { t.Error(e) }})
		require.NoError(t, err)
		beside.Add("p", p.Run)
		beside.Start()
		l.StopAfter(3*time.Minute+1, 0)
		l.Run()
		require.Equal(t, 2, panics)
		require.Equal(t, 2, told, "what was delivered ends a row all the same")
	})
}

func TestGoodStatuses(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		statuses := []int{199, 200, 299, 300}
		w := poll(t, v, func(*http.Request) (*http.Response, error) {
			status := statuses[0]
			statuses = statuses[1:]
			return says(status, fmt.Sprint(status))
		}, func(o *rest.Options[string]) { o.Reports.BadStatus = rest.Each })
		w.run(t, 3*time.Minute+1)
		require.Equal(t, []string{"200", "299"}, w.got)
		require.Equal(t, []string{"1 bad status", "1 bad status"}, w.rows())
	})
}

// closed is a body that says when it is closed.
type closed struct {
	io.Reader
	is *bool
}

func (c closed) Close() error { *c.is = true; return nil }

func TestBodiesAreClosed(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		is := false
		w := poll(t, v, func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: closed{broken{}, &is}}, nil
		})
		w.run(t, time.Second)
		require.True(t, is)
	})
}

func TestOverTheNetwork(t *testing.T) {
	clocktest.NotInDigest(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[1, 2]") }))
	defer server.Close()
	defer server.Client().CloseIdleConnections()
	rt := clock.NewSystem(clock.SystemOptions{})
	require.NoError(t, rt.Run("test", func() {
		l := loop.New(rt, loop.Options{})
		var got []int
		p, err := rest.New(l, rest.Options[[]int]{
			URL: server.URL, Client: server.Client(), Convert: rest.JSON[[]int],
			Failed: func(e *rest.Error) { t.Error(e) },
			Deliver: func(x []int) {
				got = x
				l.Stop(0)
			},
		})
		require.NoError(t, err)
		beside, err := tasks.New(l, tasks.Options{Failed: func(e *tasks.Error) { t.Error(e) }})
		require.NoError(t, err)
		beside.Add("p", p.Run)
		beside.Start()
		l.Run()
		require.Equal(t, []int{1, 2}, got)
		beside.Stop()
		require.NoError(t, beside.Join(clock.Forever))
	}))
	require.NoError(t, rt.Close())
}

// A request that is given up is cancelled: by its timeout, while the poller goes
// on, and with its job.
func TestGivenUp(t *testing.T) {
	clocktest.NotInDigest(t)
	for name, timeout := range map[string]time.Duration{"timeout": 5 * time.Millisecond, "cancel": time.Hour} {
		t.Run(name, func(t *testing.T) {
			rt := clock.NewSystem(clock.SystemOptions{})
			require.NoError(t, rt.Run("test", func() {
				var w *world
				asked := clock.NewLatch(rt, "a request")
				given := make(chan struct{})
				w = poll(t, rt, func(r *http.Request) (*http.Response, error) {
					rt.Rejoin(asked.Set)
					<-r.Context().Done()
					close(given)
					return nil, r.Context().Err()
				}, func(o *rest.Options[string]) { o.Timeout = timeout })
				rt.Go("who watches", func() {
					require.NoError(t, asked.Wait(clock.Forever))
					if name == "cancel" {
						w.tasks.Cancel(w.handle)
					}
					rt.Blocking(func() { <-given })
					w.loop.Stop(0)
				})
				w.run(t, time.Hour)
			}))
			require.NoError(t, rt.Close())
		})
	}
}

func TestJSON(t *testing.T) {
	got, err := rest.JSON[map[string]int](rest.Answer{Body: []byte(`{"a": 1}`)})
	require.NoError(t, err)
	require.Equal(t, map[string]int{"a": 1}, got)
	_, err = rest.JSON[int](rest.Answer{Body: bytes.Repeat([]byte("["), 100_000)})
	require.Error(t, err)
}

func TestStatusError(t *testing.T) {
	e := &rest.StatusError{Answer: rest.Answer{Status: 500, Body: bytes.Repeat([]byte("x"), 200)}}
	require.EqualError(t, e, `the service answered 500: "`+strings.Repeat("x", 70)+`"`)
}

func TestKinds(t *testing.T) {
	require.Equal(t, "no answer bad status not converted kind 9",
		fmt.Sprint(rest.NoAnswer, " ", rest.BadStatus, " ", rest.NotConverted, " ", rest.Kind(9)))
}

func TestOptions(t *testing.T) {
	clocktest.Virtual(t, clock.VirtualOptions{}, func(t *testing.T, v *clock.Virtual) {
		good := rest.Options[string]{
			Name: "p", URL: "https://me:secret@service/x", Client: &http.Client{},
			Convert: text, Deliver: func(string) {}, Failed: func(*rest.Error) {},
		}
		l := loop.New(v, loop.Options{})
		_, err := rest.New(l, good)
		require.NoError(t, err)
		const required = `poller "p": it needs a Client, a Convert, a Deliver and a Failed`
		const below = `poller "p": every 0s, a timeout of 0s, bodies up to 0 bytes: none may be below zero`
		for _, c := range []struct {
			spoil func(*rest.Options[string])
			want  string
		}{
			{func(o *rest.Options[string]) { o.Client = nil }, required},
			{func(o *rest.Options[string]) { o.Convert = nil }, required},
			{func(o *rest.Options[string]) { o.Deliver = nil }, required},
			{func(o *rest.Options[string]) { o.Failed = nil }, required},
			{func(o *rest.Options[string]) { o.Every = -1 }, strings.Replace(below, "every 0s", "every -1ns", 1)},
			{func(o *rest.Options[string]) { o.Timeout = -1 }, strings.Replace(below, "of 0s", "of -1ns", 1)},
			{func(o *rest.Options[string]) { o.BodyMax = -1 }, strings.Replace(below, "to 0", "to -1", 1)},
			{func(o *rest.Options[string]) { o.BackoffMax = time.Second }, `poller "p": BackoffMax 1s: it must be at least Every, 1m0s, or zero for no backoff`},
			{func(o *rest.Options[string]) { o.URL = "" }, `poller "p": the URL "": write https://host/path`},
			{func(o *rest.Options[string]) { o.URL = "ftp://me:secret@service/x" }, `poller "p": the URL "ftp://service/x": write https://host/path`},
			{func(o *rest.Options[string]) { o.URL = "https:///x" }, `poller "p": the URL "https:///x": write https://host/path`},
			{func(o *rest.Options[string]) { o.URL = "http://a b" }, `poller "p": the URL cannot be read: write https://host/path`},
		} {
			o := good
			c.spoil(&o)
			_, err := rest.New(l, o)
			require.EqualError(t, err, c.want)
		}
	})
}
