package app

import (
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
)

// A solver that panics in the background fails its own run; the process goes on.
func TestAPanicOfTheSolverIsAnError(t *testing.T) {
	_, err := caught(func() (engine.Solved, error) { panic("index out of range") })
	if err == nil || !strings.Contains(err.Error(), "index out of range") || !strings.Contains(err.Error(), "solving_test.go") {
		t.Errorf("got %v", err)
	}
	if reason(err) != "the allocation could not be solved; the log of the service says why" {
		t.Errorf("people are told %q", reason(err))
	}
}
