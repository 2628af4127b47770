package app

import (
	"context"
	"maps"
	"slices"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// ListBallots reads a page of a round's ballots. Those of a secret round are for auditors.
func (a *App) ListBallots(ctx context.Context, k RoundKey, by Caller, q listing.Query) (resource.Page[domain.Ballot], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Ballot], err error) {
		if _, err := openTo(tx, k, by); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Ballots().List(k.ids(), q)
		return p, err
	})
}

// BallotVersions passes on every version of a round's ballots as the journal keeps them, by ballot and then oldest first.
func (a *App) BallotVersions(ctx context.Context, k RoundKey, by Caller, visit func(archived []byte) error) error {
	_, err := resource.Read(ctx, a.Store, func(tx Tx) (any, error) {
		round, err := openTo(tx, k, by)
		if err != nil {
			return nil, err
		}
		return nil, tx.BallotVersions(round, visit)
	})
	return err
}

// openTo is the round, if the caller may see its ballots.
func openTo(tx Tx, k RoundKey, by Caller) (domain.Prioritization, error) {
	round, err := tx.Prioritizations().Get(k.ids()...)
	if err == nil && round.Secret && !by.Auditor {
		err = fault.New(fault.PermissionDenied, "BALLOTS_SECRET", "the ballots of %s are secret; its tallies are open, and an auditor may see ballots", round.Name())
	}
	return round, err
}

// ListCommunityBallots reads a page of a survey's answers, which carry nobody's name.
func (a *App) ListCommunityBallots(ctx context.Context, k RoundKey, q listing.Query) (resource.Page[domain.CommunityBallot], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.CommunityBallot], err error) {
		round, err := tx.Prioritizations().Get(k.ids()...)
		if err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.CommunityBallots().List(round, q)
		return p, err
	})
}

// RecuseMember takes a member out of a round. A ballot that they cast stays in the journal and counts no longer.
func (a *App) RecuseMember(ctx context.Context, k RoundKey, by Caller, member, reason, etag string) (domain.Prioritization, error) {
	if member == "" {
		member = by.Subject
	}
	if member != by.Subject && !by.Recorder {
		return domain.Prioritization{}, fault.New(fault.PermissionDenied, "NOT_YOUR_RECUSAL",
			"%s cannot recuse %s; each member recuses themselves, or a manager records it", by.Subject, member)
	}
	now := a.Now()
	return a.changeRound(ctx, k, etag, func(tx Tx, round domain.Prioritization) (domain.Prioritization, error) {
		_, voted, err := tx.Ballots().Find(k.Organization, k.Plan, k.Round, ballotID(member))
		if err != nil {
			return round, err
		}
		return round.Recused(domain.Recusal{Member: member, Reason: reason, RecordedBy: by.Subject}, voted, now)
	})
}

// CommunityAnswer is an answer, with what is wrong with it already.
type CommunityAnswer struct {
	domain.CommunityBallot
	Bad fault.Violations
}

// CommunityRecorded is what answers came to: Accepted + Replaced + Rejected of them.
type CommunityRecorded struct {
	Accepted, Replaced, Rejected int
	Errors                       []RowError
}

// RecordCommunityBallots records a survey's answers; a bad one is told and loses nothing else. Of two answers of one
// respondent in the same request the second is refused: which is meant cannot be told.
func (a *App) RecordCommunityBallots(ctx context.Context, k RoundKey, answers []CommunityAnswer) (CommunityRecorded, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (out CommunityRecorded, err error) {
		round, err := tx.Prioritizations().Get(k.ids()...)
		if err == nil {
			err = round.Hearing()
		}
		if err != nil {
			return out, err
		}
		batch := domain.CommunityBatch{Round: round}
		first := map[string]int{}
		for i, b := range answers {
			heard, more := round.Hear(b.CommunityBallot)
			bad := merged(b.Bad, more)
			if at, twice := first[b.Respondent]; twice && b.Respondent != "" {
				bad.Add("respondent", "%q answered at %d of this request already; send one answer of each", b.Respondent, at)
			}
			for _, v := range bad {
				out.Errors = append(out.Errors, RowError{i, v})
			}
			if len(bad) > 0 {
				out.Rejected++
				continue
			}
			first[b.Respondent] = i
			batch.Ballots = append(batch.Ballots, heard)
		}
		if len(batch.Ballots) == 0 {
			return out, nil
		}
		if out.Replaced, err = tx.CommunityBallots().Known(round, slices.Sorted(maps.Keys(first))); err != nil {
			return out, err
		}
		out.Accepted = len(batch.Ballots) - out.Replaced
		if err := tx.CommunityBallots().Record(batch); err != nil {
			return out, err
		}
		return out, tx.Prioritizations().Update(round.Heard(out.Accepted, now))
	})
}
