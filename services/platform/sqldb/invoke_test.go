package sqldb

import "testing"

//go:noinline
func deep(n int, f func() bool) bool {
	if n == 0 {
		return f()
	}
	return deep(n-1, f) || n < 0
}

func TestNestedSeesItsOwnGoroutineOnly(t *testing.T) {
	inside := make(chan struct{})
	leave := make(chan struct{})
	ended := make(chan error)
	go func() {
		ended <- invoke(func(Tx) error {
			if !deep(10, nested) {
				t.Error("a closure does not know that it is one")
			}
			close(inside)
			<-leave
			return nil
		}, &tx{})
	}()
	<-inside
	if nested() {
		t.Error("the closure of another goroutine counts")
	}
	close(leave)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// BenchmarkNested is what a call pays, 40 frames deep, while some closure runs.
func BenchmarkNested(b *testing.B) {
	running.Add(1)
	defer running.Add(-1)
	for b.Loop() {
		if deep(40, nested) {
			b.Fatal("not nested")
		}
	}
}
