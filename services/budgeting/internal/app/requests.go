package app

import (
	"cmp"
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// BudgetKey finds a resource of a budget.
type BudgetKey struct{ Organization, Budget, ID string }

func (k BudgetKey) ids() []string    { return []string{k.Organization, k.Budget, k.ID} }
func (k BudgetKey) parent() []string { return []string{k.Organization, k.Budget} }

// open wants the budget to exist and its requests to be open still.
func open(tx Tx, k BudgetKey) error {
	_, err := writable(tx, k)
	return err
}

// writable is open with the budget.
func writable(tx Tx, k BudgetKey) (domain.Budget, error) {
	budget, err := tx.Budgets().Get(k.Organization, k.Budget)
	if err != nil {
		return budget, err
	}
	return budget, budget.Writable()
}

// steered refuses changes of what steers a program, by a department or after council has frozen it.
func (by Caller) steered(budget domain.Budget, old, next domain.FundingRequest) error {
	if err := by.steers(old, next); err != nil {
		return err
	}
	return budget.Keeps(next.Name(), old.ResultsPolicy, next.ResultsPolicy)
}

// GetFundingRequest reads one.
func (a *App) GetFundingRequest(ctx context.Context, k BudgetKey) (domain.FundingRequest, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.FundingRequest, error) { return tx.Requests().Get(k.ids()...) })
}

// ListFundingRequests reads a page of a budget's requests.
func (a *App) ListFundingRequests(ctx context.Context, k BudgetKey, q Query) (resource.Page[domain.FundingRequest], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.FundingRequest], err error) {
		if _, err := tx.Budgets().Get(k.Organization, k.Budget); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Requests().List(k.parent(), q)
		return p, err
	})
}

// UpdateFundingRequest changes a request.
func (a *App) UpdateFundingRequest(ctx context.Context, by Caller, k BudgetKey, e Edit[domain.FundingRequest]) (domain.FundingRequest, error) {
	const at = "funding_request"
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.FundingRequest, error) {
		budget, err := writable(tx, k)
		if err != nil {
			return domain.FundingRequest{}, err
		}
		linked := func(r domain.FundingRequest, err error) (domain.FundingRequest, error) {
			if err != nil {
				return r, err
			}
			return r, linkedRequests(tx, by, k, []domain.FundingRequest{r}, func(int) string { return at })
		}
		return edit(tx.Requests(), k.ids(), e,
			func(next domain.FundingRequest) (domain.FundingRequest, error) {
				if err := by.steered(budget, domain.FundingRequest{}, next); err != nil {
					return next, err
				}
				return linked(domain.NewFundingRequest(next, at, now))
			},
			func(old, next domain.FundingRequest) (domain.FundingRequest, error) {
				if err := by.steered(budget, old, next); err != nil {
					return old, err
				}
				return linked(old.Changed(next, at, now))
			})
	})
}

// DeleteFundingRequest removes a request.
func (a *App) DeleteFundingRequest(ctx context.Context, k BudgetKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		budget, err := writable(tx, k)
		if err != nil {
			return nil, err
		}
		if old, found, err := tx.Requests().Find(k.ids()...); err != nil {
			return nil, err
		} else if found { // written again it would be NEUTRAL
			if err := budget.Keeps(old.Name(), old.ResultsPolicy, model.Neutral); err != nil {
				return nil, err
			}
		}
		return nil, remove(tx.Requests(), k.ids(), etag, "REQUEST_IN_USE", func() (user string, err error) {
			err = tx.Packages().Each(k.ids(), func(p domain.DecisionPackage) error { user = p.Name(); return nil })
			return user, err
		})
	})
	return err
}

// UpsertFundingRequests writes requests, matched by program, all or none.
func (a *App) UpsertFundingRequests(
	ctx context.Context, by Caller, k BudgetKey, rows []domain.FundingRequest,
) (domain.Upserted[domain.FundingRequest], error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (n domain.Upserted[domain.FundingRequest], err error) {
		budget, err := writable(tx, k)
		if err != nil {
			return n, err
		}
		b := batch[domain.FundingRequest]{
			field: "funding_requests", id: func(r domain.FundingRequest) string { return r.Program },
			made: func(r domain.FundingRequest, at string) (domain.FundingRequest, error) {
				if err := by.steered(budget, domain.FundingRequest{}, r); err != nil {
					return r, err
				}
				return domain.NewFundingRequest(r, at, now)
			},
			changed: func(old, r domain.FundingRequest, at string) (domain.FundingRequest, error) {
				if budget.Freeze != nil { // a batch that leaves the policy out would else be refused for what it does not speak of
					r.ResultsPolicy = cmp.Or(r.ResultsPolicy, old.ResultsPolicy)
				}
				if err := by.steered(budget, old, r); err != nil {
					return old, err
				}
				return old.Changed(r, at, now)
			},
			allowed: func(domain.FundingRequest) error { return nil }, // linkedRequests asks the programs
		}
		old, err := tx.Requests().FindMany(k.parent(), b.ids(rows))
		if err != nil {
			return n, err
		}
		written, n, err := b.run(old, rows)
		var bad fault.Violations
		if err := gather(&bad, err); err != nil {
			return n, err
		}
		err = linkedRequests(tx, by, k, rows, func(i int) string { return at(b.field, i) })
		if err := gather(&bad, err); err != nil {
			return n, err
		}
		if err := bad.Err(); err != nil {
			return n, err
		}
		return n, tx.Requests().Put(written)
	})
}

// linkedRequests refuses requests of programs or funds that do not exist, of foreign departments, and costs that a fund's
// restriction does not admit.
func linkedRequests(tx Tx, by Caller, k BudgetKey, rows []domain.FundingRequest, at func(int) string) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.Program
	}
	programs, err := tx.Programs().FindMany([]string{k.Organization}, ids)
	if err != nil {
		return err
	}
	known, err := funds(tx, k.Organization)
	if err != nil {
		return err
	}
	var v fault.Violations
	for i, r := range rows {
		p, ok := programs[r.Program]
		if !ok {
			v.Add(at(i)+".name", "%s does not exist; create the program first", domain.ProgramName(k.Organization, r.Program))
			continue
		}
		if err := by.writes(p); err != nil {
			return err
		}
		r.CheckFunds(&v, at(i)+".", &p, known)
	}
	return v.Err()
}

// AttestFundingRequests vouches for parts of requests, all or none. What the caller has vouched for already, with the same
// evidence, stays as it is.
func (a *App) AttestFundingRequests(
	ctx context.Context, by Caller, k BudgetKey, programs []string, aspects []domain.Aspect, evidence string,
) (domain.Attested, error) {
	now, act := a.Now(), domain.Attestation{By: by.Subject, Role: by.Role, Evidence: evidence}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Attested, error) {
		if err := open(tx, k); err != nil {
			return 0, err
		}
		found, err := tx.Requests().FindMany(k.parent(), programs)
		if err != nil {
			return 0, err
		}
		var v fault.Violations
		var next []domain.FundingRequest
		seen := map[string]bool{}
		for i, id := range programs {
			r, ok := found[id]
			v.Check(ok, at("names", i), "%s does not exist; attest requests that do", domain.FundingRequestName(k.Organization, k.Budget, id))
			if ok && !seen[id] && !r.AttestedAlready(aspects, act) {
				next = append(next, r.Attested(aspects, act, now))
			}
			seen[id] = ok
		}
		if err := v.Err(); err != nil {
			return 0, err
		}
		return domain.Attested(len(seen)), tx.Requests().Put(next)
	})
}
