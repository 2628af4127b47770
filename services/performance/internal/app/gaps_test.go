package app_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
)

// down is a store that cannot be reached.
type down struct{}

var errDown = errors.New("the database is down")

func (down) Read(context.Context, func(app.Tx) error) error         { return errDown }
func (down) Write(context.Context, func(app.Tx) (any, error)) error { return errDown }

// A round that fails is logged, and the next one is made all the same.
func TestRemindingOutlivesFailures(t *testing.T) {
	var log strings.Builder
	a := &app.App{Store: down{}, Now: time.Now, Logger: slog.New(slog.NewTextHandler(&log, nil))}
	ctx, stop := context.WithCancel(t.Context())
	tick, done := make(chan time.Time), make(chan struct{})
	go func() {
		defer close(done)
		a.RemindOnTick(ctx, tick)
	}()
	for range 3 {
		tick <- time.Time{}
	}
	stop()
	<-done
	if said := log.String(); strings.Count(said, errDown.Error()) < 2 || !strings.Contains(said, "level=WARN") {
		t.Errorf("logged %q", said)
	}
}
