package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// Solve is what one solve took and how near it came.
type Solve struct {
	Method model.Method
	Took   time.Duration
	GapPPM int64 // from the value to its proven bound; 0 for what is exact
	Failed bool
}

// solveWith is engine.SolveWith, and tells Watch. Of what was broken off nothing is told.
func (a *App) solveWith(ctx context.Context, in model.Input, o engine.Options) (engine.Solved, error) {
	if a.Watch == nil {
		return engine.SolveWith(ctx, in, o)
	}
	begun := a.Now()
	solved, err := engine.SolveWith(ctx, in, o)
	if err != nil && ctx.Err() != nil {
		return solved, err
	}
	s := Solve{Method: in.Method, Took: a.Now().Sub(begun), Failed: err != nil}
	if search := solved.Plan.Search; search != nil {
		s.GapPPM = domain.Search{Value: search.Value, Bound: search.Bound}.WithGap().GapPPM
	}
	a.Watch(ctx, s)
	return solved, err
}
