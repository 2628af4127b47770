package main

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// spent is the CPU time, user and system, of this process so far: the garbage collector's included.
func spent() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read CPU time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// cost is the median CPU time of up to nine runs; slow ones are repeated less.
func cost(run func() error) (time.Duration, error) {
	var each []time.Duration
	var sum time.Duration
	for len(each) < 9 && (len(each) == 0 || sum < 300*time.Millisecond) {
		runtime.GC() // of earlier garbage
		before, err := spent()
		if err != nil {
			return 0, err
		}
		if err := run(); err != nil {
			return 0, err
		}
		after, err := spent()
		if err != nil {
			return 0, err
		}
		each = append(each, after-before)
		sum += after - before
	}
	return median(each), nil
}

// median is the middle of the values, the lower of two; 0 of none.
func median(values []time.Duration) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}
