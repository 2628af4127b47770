package sqlstore

import (
	"errors"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var prioritizations = &resource.Kind[domain.Prioritization]{
	Type: "prioritization",
	Name: func(key ...string) string { return domain.PrioritizationName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.Prioritization]{
		Name: "prioritizations", Key: []string{"organization_id", "plan_id", "prioritization_id"},
		Columns: []string{
			"organization_id", "plan_id", "prioritization_id", "display_name", "method", "members", "quorum",
			"points_per_member", "goals", "state", "ballots_cast", "tallies", "priority_revision_id",
			"open_time", "close_time", "certify_time", "version", "create_time", "update_time",
			"subject", "electorate", "secret", "max_score", "objectives", "community_share_ppm", "community_ballots",
			"recusals", "warnings",
		},
		Values: func(p domain.Prioritization) []any {
			return []any{
				p.Organization, p.Plan, p.ID, p.DisplayName, p.Method, resource.JSON(p.Members), p.Quorum,
				p.PointsPerMember, resource.JSON(p.Goals), p.State, p.BallotsCast, resource.JSON(p.Tallies), p.PriorityRev,
				p.OpenTime, p.CloseTime, p.CertifyTime, p.Version, p.CreateTime, p.UpdateTime,
				p.Subject, p.Electorate, p.Secret, p.MaxScore, resource.JSON(p.Objectives), p.CommunitySharePPM, p.CommunityBallots,
				resource.JSON(p.Recusals), resource.JSON(p.Warnings),
			}
		},
		Scan: func(r sqldb.Row) (domain.Prioritization, error) {
			p := domain.Prioritization{
				Meta: meta(r, 16), Organization: r.Text(0), Plan: r.Text(1), ID: r.Text(2), DisplayName: r.Text(3), Method: domain.Method(r.Text(4)),
				Quorum: int(r.Int(6)), PointsPerMember: int(r.Int(7)), State: domain.RoundState(r.Text(9)),
				BallotsCast: int(r.Int(10)), PriorityRev: r.Text(12),
				OpenTime: r.Time(13), CloseTime: r.Time(14), CertifyTime: r.Time(15),
				Subject: domain.Subject(r.Text(19)), Electorate: r.Text(20), Secret: r.Bool(21), MaxScore: int(r.Int(22)),
				CommunitySharePPM: int(r.Int(24)), CommunityBallots: int(r.Int(25)),
			}
			return p, errors.Join(
				resource.FromJSON(r.Text(5), &p.Members),
				resource.FromJSON(r.Text(8), &p.Goals),
				resource.FromJSON(r.Text(11), &p.Tallies),
				resource.FromJSON(r.Text(23), &p.Objectives),
				resource.FromJSON(r.Text(26), &p.Recusals),
				resource.FromJSON(r.Text(27), &p.Warnings),
			)
		},
	},
}

var ballots = &resource.Kind[domain.Ballot]{
	Type: "ballot",
	Name: func(key ...string) string {
		return domain.Ballot{Organization: key[0], Plan: key[1], Prioritization: key[2], ID: key[3]}.Name()
	},
	Table: &sqldb.Table[domain.Ballot]{
		Name: "ballots", Key: []string{"organization_id", "plan_id", "prioritization_id", "ballot_id"},
		Columns: []string{
			"organization_id", "plan_id", "prioritization_id", "ballot_id", "member", "points", "recorded_by",
			"version", "create_time", "update_time", "ranking", "comparisons", "consistency_ppm",
		},
		Values: func(b domain.Ballot) []any {
			return []any{
				b.Organization, b.Plan, b.Prioritization, b.ID, b.Member, resource.JSON(b.Points), b.RecordedBy,
				b.Version, b.CreateTime, b.UpdateTime, resource.JSON(b.Ranking), resource.JSON(b.Comparisons), b.ConsistencyPPM,
			}
		},
		Scan: func(r sqldb.Row) (domain.Ballot, error) {
			b := domain.Ballot{
				Meta: meta(r, 7), Organization: r.Text(0), Plan: r.Text(1), Prioritization: r.Text(2), ID: r.Text(3),
				Member: r.Text(4), RecordedBy: r.Text(6), ConsistencyPPM: int(r.Int(12)),
			}
			return b, errors.Join(
				resource.FromJSON(r.Text(5), &b.Points), resource.FromJSON(r.Text(10), &b.Ranking), resource.FromJSON(r.Text(11), &b.Comparisons),
			)
		},
	},
}

var priorityRevisions = &resource.Kind[domain.PriorityRevision]{
	Type: "priority_revision",
	Name: func(key ...string) string { return domain.PriorityRevisionName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.PriorityRevision]{
		Name: "priority_revisions", Key: []string{"organization_id", "plan_id", "priority_revision_id"},
		Columns: []string{
			"organization_id", "plan_id", "priority_revision_id", "prioritization_id", "weights", "content_hash",
			"effective_time", "sequence", "version", "subject",
		},
		Values: func(p domain.PriorityRevision) []any {
			return []any{
				p.Organization, p.Plan, p.ID, p.Prioritization, resource.JSON(p.Weights), p.ContentHash,
				p.EffectiveTime, p.Sequence, p.Revision(), p.Subject,
			}
		},
		Scan: func(r sqldb.Row) (domain.PriorityRevision, error) {
			p := domain.PriorityRevision{
				Organization: r.Text(0), Plan: r.Text(1), ID: r.Text(2), Prioritization: r.Text(3), ContentHash: r.Text(5),
				EffectiveTime: r.Time(6), Sequence: r.Int(7), Subject: domain.Subject(r.Text(9)),
			}
			return p, resource.FromJSON(r.Text(4), &p.Weights)
		},
	},
}
