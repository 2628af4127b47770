package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// stored is an allocation as it is kept.
type stored struct {
	domain.Allocation
	proof Proof
	lines []domain.AllocationLine
}

func (a *App) stored(ctx context.Context, k BudgetKey, withLines bool) (stored, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (s stored, err error) {
		if s.Allocation, err = tx.Allocations().Get(k.ids()...); err != nil {
			return s, err
		}
		if err := s.Settled(); err != nil {
			return s, err
		}
		if s.proof, err = tx.Allocations().Proof(k.ids()...); err != nil || !withLines {
			return s, err
		}
		s.lines, err = allLines(tx, s.Allocation)
		return s, err
	})
}

// read are an input and a plan as they were.
//
// Errors: FailedPrecondition ENGINE_VERSION for those of another version of the engine, which alone reads them as they were meant.
func (p Proof) read() (in model.Input, plan model.Plan, err error) {
	if in, err = model.Decode(p.Input); err == nil {
		plan, err = model.DecodePlan(p.Plan)
	}
	if other := p.otherEngine(in, err); other != nil {
		return in, plan, other
	}
	return in, plan, err
}

const reasonEngine = "ENGINE_VERSION"

// otherEngine refuses the input of another version of the engine, as it was read or could not be.
func (p Proof) otherEngine(in model.Input, unread error) error {
	version := p.engineVersion(in, unread)
	if version == "" || version == engine.Version {
		return nil
	}
	return fault.State(reasonEngine, "the allocation was made by version %s of the engine, and this is version %s: its figures and lines stand, but only "+
		"version %[1]s verifies, replays, explains and exports it; create a new allocation to go on from", version, engine.Version)
}

// engineVersion is the one that the input is for, be it one that is not read any more; "" for what says none.
func (p Proof) engineVersion(in model.Input, unread error) string {
	if unread != nil {
		var asked struct {
			EngineVersion string `json:"engine_version"`
		}
		if json.Unmarshal(p.Input, &asked) == nil {
			return asked.EngineVersion
		}
	}
	return in.EngineVersion
}

// Verification says whether what is stored is what was found.
type Verification struct {
	Valid       bool
	ContentHash string
	ResultHash  string
	Checks      []string // the first failure is the last
}

// VerifyAllocation recomputes the hashes of what is stored, has the plan certified again, and holds the stored figures
// against it.
func (a *App) VerifyAllocation(ctx context.Context, k BudgetKey) (Verification, error) {
	s, err := a.stored(ctx, k, true)
	if err != nil {
		return Verification{}, err
	}
	v := Verification{ContentHash: model.Digest(s.proof.Input), ResultHash: model.Digest(s.proof.Plan)}
	check := func(ok bool, good, bad string, args ...any) bool {
		if ok {
			v.Checks = append(v.Checks, good)
		} else {
			v.Checks = append(v.Checks, "FAILED: "+fmt.Sprintf(bad, args...))
		}
		return ok
	}
	if !check(v.ContentHash == s.ContentHash, "the stored input has the content hash that the allocation states",
		"the stored input has another content hash than the %s that the allocation states", s.ContentHash) ||
		!check(v.ResultHash == s.ResultHash, "the stored result has the result hash that the allocation states",
			"the stored result has another hash than the %s that the allocation states", s.ResultHash) {
		return v, nil
	}
	in, plan, err := s.proof.read()
	if fault.Reason(err) == reasonEngine {
		return v, err
	}
	if !check(err == nil, "the stored input and result are canonical", "the stored input or result cannot be read: %v", err) ||
		!check(plan.InputHash == s.ContentHash, "the result answers this input", "the result answers another input, %s", plan.InputHash) {
		return v, nil
	}
	cert, err := certify.Check(in, plan)
	if err != nil {
		v.Checks = append(v.Checks, "FAILED: the certificate: "+err.Error())
		return v, nil //nolint:nilerr // a refused certificate is what the verification tells
	}
	v.Checks = append(v.Checks, cert.Checks...)
	differs := domain.Differs(s.Allocation, s.lines, in, plan)
	v.Valid = check(differs == "", "the stored figures and lines are those of the result", "the stored allocation differs from its result in %s", differs)
	return v, nil
}

// Replay is what solving again gave.
type Replay struct {
	Identical    bool
	ResultHash   string
	ReplayedHash string
}

// ReplayAllocation solves the stored input again. FailedPrecondition ENGINE_VERSION for an input of another engine.
func (a *App) ReplayAllocation(ctx context.Context, k BudgetKey) (Replay, error) {
	s, err := a.stored(ctx, k, false)
	if err != nil {
		return Replay{}, err
	}
	plan, _, err := engine.Replay(ctx, s.proof.Input)
	if err != nil {
		return Replay{}, cmp.Or(s.proof.otherEngine(model.Input{}, err), err)
	}
	again, err := plan.Encode()
	return Replay{Identical: bytes.Equal(again, s.proof.Plan), ResultHash: s.ResultHash, ReplayedHash: model.Digest(again)}, err
}

// ExplainAllocation says why a program got its money, and what moved it since the proposal before.
func (a *App) ExplainAllocation(ctx context.Context, k BudgetKey, program string) (domain.Explanation, error) {
	var s stored
	var line domain.AllocationLine
	var titles domain.Titles
	var before *stored
	err := a.Store.Read(ctx, func(tx Tx) (err error) {
		before = nil
		if s.Allocation, err = tx.Allocations().Get(k.ids()...); err != nil {
			return err
		}
		if err := s.Settled(); err != nil {
			return err
		}
		if line, err = tx.Allocations().Line(k.Organization, k.Budget, k.ID, program); err != nil {
			return err
		}
		s.Complete(&line)
		if s.proof, err = tx.Allocations().Proof(k.ids()...); err != nil {
			return err
		}
		if titles, err = titlesOf(tx, k); err != nil {
			return err
		}
		earlier, found, err := tx.Allocations().Before(s.Allocation)
		if err != nil || !found || s.Outcome == model.Infeasible {
			return err
		}
		before = &stored{Allocation: earlier}
		before.proof, err = tx.Allocations().Proof(earlier.Organization, earlier.Budget, earlier.ID)
		return err
	})
	if err != nil {
		return domain.Explanation{}, err
	}
	run, err := s.run()
	if err != nil {
		return domain.Explanation{}, err
	}
	var earlier *domain.Earlier
	if before != nil {
		switch old, err := before.run(); {
		case fault.Reason(err) == reasonEngine: // nothing to compare with
		case err != nil:
			return domain.Explanation{}, err
		default:
			earlier = &domain.Earlier{Title: before.DisplayName, Run: old}
		}
	}
	without, err := withoutResults(ctx, run.Input)
	if err != nil {
		return domain.Explanation{}, err
	}
	return domain.Explain(line, run, without, earlier, titles.WithMeasures(a.measures(ctx, k.Organization, run.Input, program)))
}

// withoutResults is the plan if no result moved any score; nil when none does. Solving again takes what the allocation took.
func withoutResults(ctx context.Context, in model.Input) (*model.Plan, error) {
	if !domain.ResultsMove(in) {
		return nil, nil //nolint:nilnil // there is nothing to tell
	}
	solved, err := engine.Solve(ctx, domain.WithoutResults(in))
	return &solved.Plan, err
}

// measures are the titles of a program's measures by id. An explanation does without those that cannot be read now.
func (a *App) measures(ctx context.Context, organization string, in model.Input, program string) map[string]string {
	titles := map[string]string{}
	for i := range in.Programs {
		if p := &in.Programs[i]; p.ID == program && p.Results != nil {
			for _, f := range p.Results.Factors {
				title, err := a.Performance.Measure(ctx, domain.MeasureName(organization, f.Measure))
				switch {
				case fault.Is(err, fault.NotFound): // it was deleted since
				case err != nil:
					a.Logger.WarnContext(ctx, "measures are told by their ids", "program", program, "error", err)
					return titles
				default:
					titles[f.Measure] = title
				}
			}
		}
	}
	return titles
}

func (s stored) run() (explain.Run, error) {
	in, plan, err := s.proof.read()
	return explain.Run{Input: in, Plan: plan}, unreadable(s.Allocation, err)
}

// unreadable says of which allocation a proof could not be read; nil stays nil.
func unreadable(a domain.Allocation, err error) error {
	if err == nil || fault.Reason(err) == reasonEngine {
		return err
	}
	return fault.New(fault.Internal, "PROOF_UNREADABLE", "the stored proof of %s cannot be read", a.Name()).Because(err)
}

// titlesOf are what funds are called now and programs were called by the allocation.
func titlesOf(tx Tx, k BudgetKey) (domain.Titles, error) {
	known, err := funds(tx, k.Organization)
	if err != nil {
		return domain.Titles{}, err
	}
	programs := map[string]string{}
	err = tx.Allocations().EachLine(k.ids(), func(l domain.AllocationLine) error {
		programs[l.Program] = l.DisplayName
		return nil
	})
	return domain.TitlesOf(known, programs), err
}
