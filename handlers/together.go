package handlers

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"sync"
)

// together does all of this at the same time, and waits until all is done. The
// error is that of the first, in the order given, that has one.
//
// No other goroutine is begun in this package: a panic in a bare one would end the
// process, since the recovery of a request sees its own goroutine alone.
func together(tasks ...func() error) error {
	errs := make([]error, len(tasks))
	var group sync.WaitGroup
	for i, task := range tasks {
		group.Go(func() { errs[i] = contained(task) })
	}
	group.Wait()
	return cmp.Or(errs...)
}

// contained makes an error of a panic: errPanic.
func contained(task func() error) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("%w: %v\n%s", errPanic, recovered, debug.Stack())
		}
	}()
	return task()
}
