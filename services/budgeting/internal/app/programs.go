package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// CreateProgram adds a program.
func (a *App) CreateProgram(ctx context.Context, by Caller, draft domain.Program) (domain.Program, error) {
	if _, err := a.Currency(ctx, draft.Organization); err != nil { // an organization that exists
		return draft, err
	}
	draft.ID = a.id(draft.ID)
	program, err := domain.NewProgram(draft, "program", a.Now())
	if err != nil {
		return program, err
	}
	if err := by.writes(program); err != nil {
		return program, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Program, error) { return program, tx.Programs().Insert(program) })
}

// GetProgram reads one.
func (a *App) GetProgram(ctx context.Context, k Key) (domain.Program, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Program, error) { return tx.Programs().Get(k.ids()...) })
}

// ListPrograms reads a page of an organization's programs.
func (a *App) ListPrograms(ctx context.Context, organization string, q Query) (resource.Page[domain.Program], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Program], err error) {
		p.Items, p.Next, err = tx.Programs().List([]string{organization}, q)
		return p, err
	})
}

// UpdateProgram changes a program; a department neither takes one over nor gives one away.
func (a *App) UpdateProgram(ctx context.Context, by Caller, k Key, e Edit[domain.Program]) (domain.Program, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Program, error) {
		return edit(tx.Programs(), k.ids(), e,
			func(next domain.Program) (domain.Program, error) {
				next, err := domain.NewProgram(next, "program", now)
				if err != nil {
					return next, err
				}
				return next, by.writes(next)
			},
			func(old, next domain.Program) (domain.Program, error) {
				if err := by.writes(old); err != nil {
					return next, err
				}
				next, err := old.Changed(next, "program", now)
				if err != nil {
					return next, err
				}
				return next, by.writes(next)
			})
	})
}

// DeleteProgram removes a program that nothing uses.
func (a *App) DeleteProgram(ctx context.Context, k Key, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		return nil, remove(tx.Programs(), k.ids(), etag, "PROGRAM_IN_USE", func() (string, error) { return tx.ProgramUser(k.Organization, k.ID) })
	})
	return err
}

// UpsertPrograms writes programs, matched by id, all or none.
func (a *App) UpsertPrograms(ctx context.Context, by Caller, organization string, rows []domain.Program) (domain.Upserted[domain.Program], error) {
	if _, err := a.Currency(ctx, organization); err != nil {
		return domain.Upserted[domain.Program]{}, err
	}
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Upserted[domain.Program], error) {
		b := batch[domain.Program]{
			field: "programs", id: func(p domain.Program) string { return p.ID },
			made:    func(p domain.Program, at string) (domain.Program, error) { return domain.NewProgram(p, at, now) },
			changed: func(old, p domain.Program, at string) (domain.Program, error) { return old.Changed(p, at, now) },
			allowed: by.writes,
		}
		old, err := tx.Programs().FindMany([]string{organization}, b.ids(rows))
		if err != nil {
			return domain.Upserted[domain.Program]{}, err
		}
		written, counts, err := b.run(old, rows)
		if err != nil {
			return counts, err
		}
		return counts, tx.Programs().Put(written)
	})
}
