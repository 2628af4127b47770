package sqldb

import (
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"sync/atomic"
)

// running counts the closures running in this process: while it is zero no call can be nested.
var running atomic.Int64

// invokeStart and invokeEnd bound invoke's machine code.
var invokeStart, invokeEnd = codeOf(reflect.ValueOf(invoke).Pointer())

func codeOf(start uintptr) (uintptr, uintptr) {
	end := start
	for f := runtime.FuncForPC(end); f != nil && f.Entry() == start; f = runtime.FuncForPC(end) {
		end++
	}
	return start, end
}

// invoke runs a closure and makes an error of its panic. It stays out of line because nested looks for its frame.
//
//go:noinline
func invoke(fn func(Tx) error, t *tx) (err error) {
	running.Add(1)
	defer func() {
		running.Add(-1)
		t.over = true
		if p := recover(); p != nil {
			err = fmt.Errorf("closure panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(t)
}

// nested says whether this goroutine is inside a closure of any database, no more than some 24 calls up. Closures are given no context that
// could carry a mark, so the mark is invoke's own frame on the stack. Looking costs about a microsecond, and only while some closure runs.
func nested() bool {
	if running.Load() == 0 {
		return false
	}
	var pcs [24]uintptr
	for _, pc := range pcs[:runtime.Callers(2, pcs[:])] {
		if pc > invokeStart && pc <= invokeEnd { // a return address may be the first byte after
			return true
		}
	}
	return false
}
