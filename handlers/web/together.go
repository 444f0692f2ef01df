package web

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"sync"
)

// Together runs the tasks at the same time and waits for all of them. It returns the
// error of the first one, in the order given, that has one.
//
// No other goroutine is started in the handlers: a panic in a bare one would end the
// process, since a request only recovers from panics of its own goroutine.
func Together(tasks ...func() error) error {
	errs := make([]error, len(tasks))
	var group sync.WaitGroup
	for i, task := range tasks {
		group.Go(func() { errs[i] = Contained(task) })
	}
	group.Wait()
	return cmp.Or(errs...)
}

// Contained runs a task and turns a panic into an error.
func Contained(task func() error) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, recovered, debug.Stack())
		}
	}()
	return task()
}
