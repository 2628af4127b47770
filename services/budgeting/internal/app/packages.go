package app

import (
	"context"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// AllRequests stands in lists for all requests of a budget (AIP-159).
const AllRequests = "-"

// PackageKey finds a decision package of a funding request, or with AllRequests the packages of a budget.
type PackageKey struct{ Organization, Budget, Program, ID string }

func (k PackageKey) ids() []string { return []string{k.Organization, k.Budget, k.Program, k.ID} }

func (k PackageKey) parent() []string {
	if k.Program == AllRequests {
		return []string{k.Organization, k.Budget}
	}
	return []string{k.Organization, k.Budget, k.Program}
}

// CreateDecisionPackage adds a package to a request.
func (a *App) CreateDecisionPackage(ctx context.Context, by Caller, draft domain.DecisionPackage) (domain.DecisionPackage, error) {
	draft.ID = a.id(draft.ID)
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.DecisionPackage, error) {
		p, err := domain.NewDecisionPackage(draft, now)
		if p, err = linkedPackage(tx, by, domain.DecisionPackage{}, p, err); err != nil {
			return p, err
		}
		return p, tx.Packages().Insert(p)
	})
}

// GetDecisionPackage reads one.
func (a *App) GetDecisionPackage(ctx context.Context, k PackageKey) (domain.DecisionPackage, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.DecisionPackage, error) { return tx.Packages().Get(k.ids()...) })
}

// ListDecisionPackages reads a page of the packages of one request, or of a budget.
func (a *App) ListDecisionPackages(ctx context.Context, k PackageKey, q Query) (resource.Page[domain.DecisionPackage], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.DecisionPackage], err error) {
		if k.Program == AllRequests {
			_, err = tx.Budgets().Get(k.Organization, k.Budget)
		} else {
			_, err = tx.Requests().Get(k.Organization, k.Budget, k.Program)
		}
		if err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Packages().List(k.parent(), q)
		return p, err
	})
}

// UpdateDecisionPackage changes a package.
func (a *App) UpdateDecisionPackage(ctx context.Context, by Caller, k PackageKey, e Edit[domain.DecisionPackage]) (domain.DecisionPackage, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.DecisionPackage, error) {
		return edit(tx.Packages(), k.ids(), e,
			func(next domain.DecisionPackage) (domain.DecisionPackage, error) {
				made, err := domain.NewDecisionPackage(next, now)
				return linkedPackage(tx, by, domain.DecisionPackage{}, made, err)
			},
			func(old, next domain.DecisionPackage) (domain.DecisionPackage, error) {
				changed, err := old.Changed(next, now)
				return linkedPackage(tx, by, old, changed, err)
			})
	})
}

// DeleteDecisionPackage removes a package that no other one refers to.
func (a *App) DeleteDecisionPackage(ctx context.Context, by Caller, k PackageKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		if err := open(tx, BudgetKey{Organization: k.Organization, Budget: k.Budget}); err != nil {
			return nil, err
		}
		program, err := tx.Programs().Get(k.Organization, k.Program)
		if err == nil {
			err = by.writes(program)
		}
		if err != nil {
			return nil, err
		}
		return nil, remove(tx.Packages(), k.ids(), etag, "PACKAGE_IN_USE", func() (user string, err error) {
			err = tx.Packages().Each([]string{k.Organization, k.Budget}, func(p domain.DecisionPackage) error {
				if p.RefersTo(k.Program, k.ID) {
					user = p.Name()
				}
				return nil
			})
			return user, err
		})
	})
	return err
}

// linkedPackage refuses a package of a request that does not exist or is another department's, one that would be a second base, and references,
// funds and ratings that the caller may not make. Violations of the package itself are told with the rest.
func linkedPackage(tx Tx, by Caller, old, p domain.DecisionPackage, bad error) (domain.DecisionPackage, error) {
	var v fault.Violations
	if err := gather(&v, bad); err != nil {
		return p, err
	}
	if err := open(tx, BudgetKey{Organization: p.Organization, Budget: p.Budget}); err != nil {
		return p, err
	}
	request, err := tx.Requests().Get(p.Organization, p.Budget, p.Program)
	if err != nil {
		return p, err
	}
	program, err := tx.Programs().Get(p.Organization, p.Program)
	if err != nil {
		return p, err
	}
	if err := by.writes(program); err != nil {
		return p, err
	}
	if by.Narrowed && !old.Benefits(p) {
		return p, fault.New(fault.PermissionDenied, "RESERVED_FIELDS",
			"a department cannot set reviewed_benefit of its own package; leave it out, or ask the finance office")
	}
	known, err := funds(tx, p.Organization)
	if err != nil {
		return p, err
	}
	p.CheckFunds(&v, &program, known)
	if p.ReplacesBase {
		err := tx.Packages().Each([]string{p.Organization, p.Budget, p.Program}, func(o domain.DecisionPackage) error {
			v.Check(!o.ReplacesBase || o.ID == p.ID, "decision_package.replaces_base", "is set by %s already; one package holds a program's service levels", o.Name())
			return nil
		})
		if err != nil {
			return p, err
		}
		p.CheckMandate(&v, request)
	}
	if err := keptLevels(tx, &v, old, p); err != nil {
		return p, err
	}
	if err := linkedRefs(tx, &v, p, "decision_package.prerequisites", p.Prerequisites); err != nil {
		return p, err
	}
	if err := linkedRefs(tx, &v, p, "decision_package.exclusions", p.Exclusions); err != nil {
		return p, err
	}
	return p, v.Err()
}

// keptLevels refuses to drop levels of old that other packages refer to.
func keptLevels(tx Tx, v *fault.Violations, old, p domain.DecisionPackage) error {
	if old.ID == "" {
		return nil
	}
	return tx.Packages().Each([]string{p.Organization, p.Budget}, func(o domain.DecisionPackage) error {
		for _, r := range slices.Concat(o.Prerequisites, o.Exclusions) {
			if r.Program == p.Program && r.Package == p.ID {
				v.Check(p.Has(r.Level), "decision_package.levels", "must keep level %q, which %s refers to; change that first", r.Level, o.Name())
			}
		}
		return nil
	})
}

// linkedRefs refuses references to packages and levels that do not exist.
func linkedRefs(tx Tx, v *fault.Violations, p domain.DecisionPackage, list string, refs []domain.PackageRef) error {
	for i, r := range refs {
		other, found, err := tx.Packages().Find(p.Organization, p.Budget, r.Program, r.Package)
		if err != nil {
			return err
		}
		v.Check(found, at(list, i)+".decision_package", "%s does not exist; name a package of this budget",
			domain.DecisionPackageName(p.Organization, p.Budget, r.Program, r.Package))
		v.Check(!found || other.Has(r.Level), at(list, i)+".level_id", "%q is not a level of %s; name one of its levels, or none for any", r.Level, other.Name())
	}
	return nil
}
