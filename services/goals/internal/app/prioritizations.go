package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// RoundKey finds a prioritization round.
type RoundKey struct{ Organization, Plan, Round string }

func (k RoundKey) ids() []string { return []string{k.Organization, k.Plan, k.Round} }

// Caller is who asks: a council member casts their own ballot, a recorder anybody's.
type Caller struct {
	Subject  string
	Recorder bool
	Auditor  bool // sees secret ballots
}

// CreatePrioritization sets up a draft round.
func (a *App) CreatePrioritization(ctx context.Context, draft domain.Prioritization) (domain.Prioritization, error) {
	draft.ID = a.id(draft.ID)
	round, err := domain.NewPrioritization(draft, a.Now())
	if err != nil {
		return round, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Prioritization, error) {
		if _, err := living(tx, round.Organization, round.Plan); err != nil {
			return round, err
		}
		return round, tx.Prioritizations().Insert(round)
	})
}

// GetPrioritization reads one.
func (a *App) GetPrioritization(ctx context.Context, k RoundKey) (domain.Prioritization, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Prioritization, error) { return tx.Prioritizations().Get(k.ids()...) })
}

// ListPrioritizations reads a page of a plan's rounds.
func (a *App) ListPrioritizations(ctx context.Context, k PlanKey, q listing.Query) (resource.Page[domain.Prioritization], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Prioritization], err error) {
		if _, err := tx.Plans().Get(k.Organization, k.Plan); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Prioritizations().List([]string{k.Organization, k.Plan}, q)
		return p, err
	})
}

// OpenPrioritization freezes the rules and takes ballots.
func (a *App) OpenPrioritization(ctx context.Context, k RoundKey, etag string) (domain.Prioritization, error) {
	now := a.Now()
	return a.changeRound(ctx, k, etag, func(tx Tx, round domain.Prioritization) (domain.Prioritization, error) {
		if _, err := living(tx, k.Organization, k.Plan); err != nil {
			return round, err
		}
		var top, all []string
		err := tx.Goals().Each([]string{k.Organization, k.Plan}, func(g domain.Goal) error {
			all = append(all, g.ID)
			if g.ParentGoal == "" {
				top = append(top, g.ID)
			}
			return nil
		})
		if err != nil {
			return round, err
		}
		return round.Opened(top, all, now)
	})
}

// CastBallot casts or replaces one member's ballot; an etag is that of the ballot to replace.
func (a *App) CastBallot(ctx context.Context, k RoundKey, by Caller, ballot domain.Ballot, etag string) (domain.Ballot, error) {
	if ballot.Member == "" {
		ballot.Member = by.Subject
	}
	if ballot.Member != by.Subject && !by.Recorder {
		return ballot, fault.New(fault.PermissionDenied, "NOT_YOUR_BALLOT",
			"%s cannot cast the ballot of %s; each member casts their own, or a manager records it", by.Subject, ballot.Member)
	}
	ballot.RecordedBy, ballot.ID = by.Subject, ballotID(ballot.Member)
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Ballot, error) {
		round, err := tx.Prioritizations().Get(k.ids()...)
		if err != nil {
			return ballot, err
		}
		cast, err := round.Accept(ballot)
		if err != nil {
			return ballot, err
		}
		old, voted, err := tx.Ballots().Find(k.Organization, k.Plan, k.Round, cast.ID)
		if err != nil {
			return ballot, err
		}
		if !voted {
			old = cast // of no version yet
		}
		if err := resource.CheckEtag(old, etag); err != nil {
			return ballot, err
		}
		cast.Meta = old.Meta.Next(now)
		if voted {
			return cast, tx.Ballots().Update(cast)
		}
		if err := tx.Ballots().Insert(cast); err != nil {
			return ballot, err
		}
		return cast, tx.Prioritizations().Update(round.Counted(now))
	})
}

// ClosePrioritization makes the ballots final and derives weights.
func (a *App) ClosePrioritization(ctx context.Context, k RoundKey, etag string) (domain.Prioritization, error) {
	now := a.Now()
	return a.changeRound(ctx, k, etag, func(tx Tx, round domain.Prioritization) (domain.Prioritization, error) {
		ballots, community, err := votes(tx, round)
		if err != nil {
			return round, err
		}
		return round.Closed(ballots, community, now)
	})
}

// votes are all ballots of a round, those of members who were recused later among them.
func votes(tx Tx, round domain.Prioritization) (ballots []domain.Ballot, community []domain.CommunityBallot, err error) {
	err = tx.Ballots().Each([]string{round.Organization, round.Plan, round.ID}, func(b domain.Ballot) error {
		ballots = append(ballots, b)
		return nil
	})
	if err == nil {
		err = tx.CommunityBallots().Each(round, func(b domain.CommunityBallot) error {
			community = append(community, b)
			return nil
		})
	}
	return ballots, community, err
}

// Recomputed is a round's tallies made again.
type Recomputed struct {
	Round     domain.Prioritization
	Tallies   []domain.Tally
	Equal     bool // to those of the round, and of the revision that certified it
	Ballots   int  // that count
	Community int
}

// RecomputePrioritization derives a closed round's weights again from its ballots.
func (a *App) RecomputePrioritization(ctx context.Context, k RoundKey) (Recomputed, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (out Recomputed, err error) {
		if out.Round, err = tx.Prioritizations().Get(k.ids()...); err != nil {
			return out, err
		}
		if out.Round.Tallies == nil {
			return out, fault.State("ROUND_NOT_CLOSED", "%s is %s; there is nothing to recompute before it is closed", out.Round.Name(), out.Round.State)
		}
		ballots, community, err := votes(tx, out.Round)
		if err != nil {
			return out, err
		}
		out.Tallies, _ = out.Round.Tallied(ballots, community)
		out.Equal = slices.Equal(out.Tallies, out.Round.Tallies)
		out.Ballots, out.Community = out.Round.Count(ballots), len(community)
		if out.Round.PriorityRev == "" {
			return out, nil
		}
		rev, err := tx.PriorityRevisions().Get(k.Organization, k.Plan, out.Round.PriorityRev)
		out.Equal = out.Equal && rev.Says(out.Tallies)
		return out, err
	})
}

// CertifyPrioritization writes the priority revision of a closed round.
func (a *App) CertifyPrioritization(ctx context.Context, k RoundKey, etag string) (domain.Prioritization, error) {
	now, id := a.Now(), a.NewID()
	return a.changeRound(ctx, k, etag, func(tx Tx, round domain.Prioritization) (domain.Prioritization, error) {
		if _, err := living(tx, k.Organization, k.Plan); err != nil {
			return round, err
		}
		titles := round.Titles()
		err := tx.Goals().Each([]string{k.Organization, k.Plan}, func(g domain.Goal) error {
			titles[g.ID] = g.DisplayName
			return nil
		})
		if err != nil {
			return round, err
		}
		last, err := tx.LastRevision(k.Organization, k.Plan)
		if err != nil {
			return round, err
		}
		round, rev, err := round.Certified(id, last, titles, now)
		if err != nil {
			return round, err
		}
		return round, tx.PriorityRevisions().Insert(rev)
	})
}

func (a *App) changeRound(
	ctx context.Context, k RoundKey, etag string, change func(Tx, domain.Prioritization) (domain.Prioritization, error),
) (domain.Prioritization, error) {
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Prioritization, error) {
		round, err := tx.Prioritizations().Get(k.ids()...)
		if err != nil {
			return round, err
		}
		if err := resource.CheckEtag(round, etag); err != nil {
			return round, err
		}
		next, err := change(tx, round)
		if err != nil {
			return round, err
		}
		return next, tx.Prioritizations().Update(next)
	})
}

// CurrentRevisionID is the alias of the latest certified revision.
const CurrentRevisionID = "current"

// GetPriorityRevision reads one; the id "current" means the latest certified.
func (a *App) GetPriorityRevision(ctx context.Context, k PlanKey, id string) (domain.PriorityRevision, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.PriorityRevision, error) {
		if id != CurrentRevisionID {
			return tx.PriorityRevisions().Get(k.Organization, k.Plan, id)
		}
		rev, found, err := tx.CurrentRevision(k.Organization, k.Plan)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "NO_PRIORITY_REVISION",
				"%s has no certified priorities yet; run a prioritization round and certify it", domain.PlanName(k.Organization, k.Plan))
		}
		return rev, err
	})
}

// ListPriorityRevisions reads a page of a plan's revisions.
func (a *App) ListPriorityRevisions(ctx context.Context, k PlanKey, q listing.Query) (resource.Page[domain.PriorityRevision], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.PriorityRevision], err error) {
		if _, err := tx.Plans().Get(k.Organization, k.Plan); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.PriorityRevisions().List([]string{k.Organization, k.Plan}, q)
		return p, err
	})
}

// ballotID is stable per member and a valid resource id whatever the member's subject looks like.
func ballotID(member string) string {
	sum := sha256.Sum256([]byte(member))
	return "m-" + hex.EncodeToString(sum[:8])
}
