package app

import (
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// relocated is a fault whose violations name the fields of another call: what begins with from begins with to.
func relocated(err error, from, to string) error {
	f, ok := fault.As(err)
	if !ok || len(f.Violations) == 0 {
		return err
	}
	moved := *f
	moved.Violations = make(fault.Violations, len(f.Violations))
	for i, v := range f.Violations {
		if rest, found := strings.CutPrefix(v.Field, from); found {
			v.Field = to + rest
		}
		moved.Violations[i] = v
	}
	return &moved
}
