package directus

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// answer is the answer to a call that Directus accepted, with its body still open.
// The caller judges it once it knows whether the body is usable, and then closes
// it.
type answer struct {
	*http.Response
	judge func(error) // reports how the call has ended; once
	free  func()
}

// close ends the answer and releases its slot.
func (a *answer) close() {
	_ = a.Body.Close()
	a.free()
}

// send makes a call, and repeats it if that is safe. The answer is one of success:
// 2xx, or 302 if that is what success looks like.
func (c *Client) send(ctx context.Context, k call) (*answer, error) {
	begin := time.Now()
	p := k.pool
	p.retries.earn()
	for try := 0; ; try++ {
		a, err := c.try(ctx, p, k)
		if err == nil {
			judge := a.judge
			a.judge = func(err error) {
				judge(err)
				addWaited(ctx, time.Since(begin))
			}
			return a, nil
		}
		if try == maxRetries || !k.mayRetry(err) || !p.retries.spend() || !pause(ctx, RetryAfter(err)) {
			addWaited(ctx, time.Since(begin))
			return nil, err
		}
	}
}

// try makes a call once.
func (c *Client) try(ctx context.Context, p *pool, k call) (*answer, error) {
	begin := time.Now()
	req, err := c.newRequest(ctx, k)
	if err != nil {
		return nil, err
	}
	done, err := p.breaker.allow()
	if err != nil && k.urgent {
		done, err = func(error) {}, nil
	}
	if err != nil {
		err = &trouble{call: k.String(), failure: Spared, cause: err}
		c.observe(k, 0, begin, err)
		return nil, err
	}
	status := 0
	judge := func(err error) {
		done(k.verdict(err))
		c.observe(k, status, begin, err)
	}
	if err := p.acquire(ctx); err != nil {
		err = interrupted(ctx, k, err)
		judge(err)
		return nil, err
	}
	res, err := p.http.Do(req)
	if err != nil {
		err = interrupted(ctx, k, err)
		p.release()
		judge(err)
		return nil, err
	}
	status = res.StatusCode
	a := &answer{Response: res, judge: judge, free: sync.OnceFunc(p.release)}
	if (status >= 200 && status < 300 && !k.redirect) || (status == http.StatusFound && k.redirect) {
		return a, nil
	}
	err = readError(ctx, k, res)
	a.close()
	judge(err)
	return nil, err
}

func (c *Client) observe(k call, status int, begin time.Time, err error) {
	if c.options.Observe != nil {
		c.options.Observe(Observation{Call: k.String(), Status: status, Duration: time.Since(begin), Failure: FailureOf(err)})
	}
}
