package background

import "github.com/hubtape/hubtape/clock"

// defaultWorkers is how many jobs run at once where nobody says.
const defaultWorkers = 4

// Pool bounds how many jobs of one or more executors run at once; the others
// wait, first come, first served. Its workers are tasks that end when nothing
// is queued, so a pool that has nothing to do costs nothing. It is for the
// tasks of its runtime. Make it with NewPool.
type Pool struct {
	rt      clock.Runtime
	workers int
	busy    int
	queue   *clock.Inbox[*Job]
	closed  bool
	away    map[clock.TaskID]bool // workers that are inside a job's function; only looked up in
}

// NewPool makes a pool that runs so many jobs at once; below one: 4.
func NewPool(rt clock.Runtime, workers int) *Pool {
	if workers < 1 {
		workers = defaultWorkers
	}
	queue := clock.NewInbox[*Job](rt, nil) // staff looks, nobody is woken
	return &Pool{rt: rt, workers: workers, queue: queue, away: map[clock.TaskID]bool{}}
}

// Close lets the pool refuse jobs from now on; those that it has still run. It
// is idempotent.
func (p *Pool) Close() { p.closed = true }

// submit queues a job.
func (p *Pool) submit(j *Job) {
	p.queue.Put(j)
	p.staff()
}

// staff starts a worker if there is something to do and room for one more.
func (p *Pool) staff() {
	if p.busy < p.workers && p.queue.Ready() > 0 {
		p.busy++
		p.rt.Go("background worker", p.work)
	}
}

// work runs queued jobs until there are none. What was cancelled while it was
// queued is passed over.
func (p *Pool) work() {
	defer p.leave()
	for {
		j, ok := p.queue.Take()
		if !ok {
			return
		}
		if j.take() {
			p.rt.Yield() // what the job has sent comes before the next job
		}
	}
}

// leave is also for a worker whose job ended its goroutine.
func (p *Pool) leave() {
	p.busy--
	p.staff()
}

// apart runs fn off the token; meanwhile the calling worker is no task.
func (p *Pool) apart(fn func()) {
	me := p.rt.Self()
	p.away[me] = true
	defer delete(p.away, me)
	p.rt.Blocking(fn)
}

// rejoin runs fn as the worker's task again.
func (p *Pool) rejoin(fn func()) {
	p.rt.Rejoin(func() {
		me := p.rt.Self()
		was := p.away[me] // false: this is a Rejoin in a Rejoin
		delete(p.away, me)
		defer func() {
			if was {
				p.away[me] = true
			}
		}()
		fn()
	})
}
