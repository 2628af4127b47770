// Package engine answers an allocation input: score, solve, explain the pool, and have the result checked before anyone sees it.
package engine

import (
	"context"
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
	"github.com/throughline/throughline/services/platform/fault"
)

// Version names the rules of this engine. It changes whenever any input could get another plan; a stored input is replayed only under its own.
const Version = "3"

// Solved is a plan, the certificate of its check, and the bytes that the check encoded and hashed: what is kept is what was proven.
type Solved struct {
	Plan        model.Plan
	Certificate model.Certificate
	Input       []byte // canonical
	Encoded     []byte // plan
	sheet       *sheet // that the lines of the plan are written on
}

// Close gives the memory of the lines and the two encodings to a later solve: nobody reads them any more. What is not closed costs its memory, and
// nothing else.
func (s *Solved) Close() {
	if s.sheet == nil {
		return // closed already, or nothing was solved
	}
	model.Release(s.Input)
	model.Release(s.Encoded)
	sheets.Put(s.sheet)
	*s = Solved{}
}

// Allocate answers the input with a plan and the certificate of an independent check. Plans may be OPTIMAL, FEASIBLE, REDUCTION_SHORT or
// INFEASIBLE: those are answers, not errors.
//
// Errors: Invalid with every violation, or WEIGHTS_OVERFLOW, VALUES_OVERFLOW, TOO_MANY_LINKED_PACKAGES; FailedPrecondition ENGINE_VERSION for an
// input of another engine version, WORK_LIMIT where PACKAGES neither finds levels that can be paid within it nor proves that there are none; the
// context's; Internal when the check refuses the plan, which is then not returned.
func Allocate(ctx context.Context, in model.Input) (model.Plan, model.Certificate, error) {
	s, err := Solve(ctx, in)
	return s.Plan, s.Certificate, err
}

// Solve is Allocate with the bytes to keep. The auditor copies, encodes and hashes the input before the solver starts, and holds the plan against its
// copy: the solver works on the input that it was given, or on another copy where that is not in order. The two share no memory that either writes,
// and nothing that the solver says of the input is believed.
func Solve(ctx context.Context, in model.Input) (Solved, error) { return SolveWith(ctx, in, Options{}) }

// Options watch a solve; they never change its answer.
type Options struct {
	Progress func(model.Search) // PACKAGES: how far the search has come, called now and then on the solver's goroutine; may be nil

	sheet *sheet // to write the lines on
}

// SolveWith is Solve under watch.
func SolveWith(ctx context.Context, in model.Input, o Options) (Solved, error) {
	auditor, err := certify.NewAuditor(in)
	if err != nil {
		return Solved{}, err
	}
	if in.EngineVersion != Version {
		return Solved{}, fault.State("ENGINE_VERSION",
			"the input is for engine version %q and this is version %q; create a new allocation from the current input", in.EngineVersion, Version)
	}
	defer auditor.Close()
	if !auditor.Normal() {
		in = auditor.Copy()
	}
	o.sheet, _ = sheets.Get().(*sheet)
	plan, err := solve(ctx, in, auditor.InputHash(), o)
	if err != nil {
		return Solved{}, err
	}
	if in.Params.EquityFloor != nil && plan.Outcome != model.Infeasible {
		if err := withoutEquity(ctx, in, &plan); err != nil {
			return Solved{}, err
		}
	}
	if err := ctx.Err(); err != nil {
		return Solved{}, fmt.Errorf("allocate: %w", err)
	}
	cert, encoded, err := auditor.Check(&plan)
	if err != nil {
		return Solved{}, fault.New(fault.Internal, "CERTIFICATE_REFUSED", "the allocation failed its own check").Because(err)
	}
	return Solved{Plan: plan, Certificate: cert, Input: auditor.Input(), Encoded: encoded, sheet: o.sheet}, nil
}

// Replay allocates stored canonical bytes again. Equal bytes give equal plans, to the byte.
func Replay(ctx context.Context, canonical []byte) (model.Plan, model.Certificate, error) {
	in, err := model.Decode(canonical)
	if err != nil {
		return model.Plan{}, model.Certificate{}, fault.New(fault.FailedPrecondition, "INPUT_UNREADABLE",
			"the stored input cannot be replayed by this engine").Because(err)
	}
	return Allocate(ctx, in)
}

// solve makes the plan of a normalized, valid input.
func solve(ctx context.Context, in model.Input, hash string, o Options) (model.Plan, error) {
	if in.Method == model.Packages {
		return byPackages(ctx, in, hash, o)
	}
	if in.Method.ByBallots() {
		return byBallots(ctx, in, hash)
	}
	scorer := score.New(in)
	b, err := newBook(in, scorer, o.sheet)
	if err != nil {
		return model.Plan{}, err
	}
	defer b.close()
	plan := blank(&in, hash)
	plan.Flags = scorer.Flags()
	g, err := newGrid(b)
	if err != nil {
		return model.Plan{}, err
	}
	if plan.Shortfalls, err = shortfalls(ctx, b, g); err != nil {
		return model.Plan{}, fmt.Errorf("allocate: %w", err)
	}
	if len(plan.Shortfalls) > 0 {
		plan.Outcome = model.Infeasible
		b.infeasible(&plan)
	} else if err := b.divide(ctx, g, &plan); err != nil {
		return model.Plan{}, err
	}
	b.complete(&plan)
	return plan, nil
}

// blank is a plan for the input of this hash in which nothing is decided yet.
func blank(in *model.Input, hash string) model.Plan {
	return model.Plan{
		Schema: model.SchemaVersion, EngineVersion: Version, Method: in.Method, InputHash: hash, Outcome: model.Optimal,
		Blocks: []model.Block{}, Shortfalls: []model.Shortfall{}, Flags: []model.Flag{},
	}
}

// complete adds what follows from the lines, once they are decided.
func (b *book) complete(plan *model.Plan) {
	b.pool(plan)
	plan.Lines = b.lines
	b.notes(plan)
	total(plan)
}

// divide shares what is left after the lines off the top by the method of the input.
func (b *book) divide(ctx context.Context, g *grid, plan *model.Plan) error {
	d := draft{book: b, g: g}
	var err error
	switch b.in.Method {
	case model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard:
		d.s, err = earmark.Solve(ctx, g.Problem)
	case model.CutLine:
		d.s, d.drawn, err = drawLines(ctx, b, g)
	default:
		return fault.State("METHOD_UNAVAILABLE", "version %q of the engine has no solver for %s; choose another method", Version, b.in.Method)
	}
	if err != nil {
		return fmt.Errorf("allocate: %w", err)
	}
	d.fill(plan)
	return nil
}
