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
		},
		Values: func(p domain.Prioritization) []any {
			return []any{
				p.Organization, p.Plan, p.ID, p.DisplayName, p.Method, resource.JSON(p.Members), p.Quorum,
				p.PointsPerMember, resource.JSON(p.Goals), p.State, p.BallotsCast, resource.JSON(p.Tallies), p.PriorityRev,
				p.OpenTime, p.CloseTime, p.CertifyTime, p.Version, p.CreateTime, p.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Prioritization, error) {
			p := domain.Prioritization{
				Meta: meta(r, 16), Organization: r.Text(0), Plan: r.Text(1), ID: r.Text(2), DisplayName: r.Text(3), Method: r.Text(4),
				Quorum: int(r.Int(6)), PointsPerMember: int(r.Int(7)), State: domain.RoundState(r.Text(9)),
				BallotsCast: int(r.Int(10)), PriorityRev: r.Text(12),
				OpenTime: r.Time(13), CloseTime: r.Time(14), CertifyTime: r.Time(15),
			}
			return p, errors.Join(
				resource.FromJSON(r.Text(5), &p.Members),
				resource.FromJSON(r.Text(8), &p.Goals),
				resource.FromJSON(r.Text(11), &p.Tallies),
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
			"version", "create_time", "update_time",
		},
		Values: func(b domain.Ballot) []any {
			return []any{
				b.Organization, b.Plan, b.Prioritization, b.ID, b.Member, resource.JSON(b.Points), b.RecordedBy,
				b.Version, b.CreateTime, b.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Ballot, error) {
			b := domain.Ballot{
				Meta: meta(r, 7), Organization: r.Text(0), Plan: r.Text(1), Prioritization: r.Text(2), ID: r.Text(3),
				Member: r.Text(4), RecordedBy: r.Text(6),
			}
			return b, resource.FromJSON(r.Text(5), &b.Points)
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
			"effective_time", "sequence", "version",
		},
		Values: func(p domain.PriorityRevision) []any {
			return []any{
				p.Organization, p.Plan, p.ID, p.Prioritization, resource.JSON(p.Weights), p.ContentHash,
				p.EffectiveTime, p.Sequence, p.Revision(),
			}
		},
		Scan: func(r sqldb.Row) (domain.PriorityRevision, error) {
			p := domain.PriorityRevision{
				Organization: r.Text(0), Plan: r.Text(1), ID: r.Text(2), Prioritization: r.Text(3), ContentHash: r.Text(5),
				EffectiveTime: r.Time(6), Sequence: r.Int(7),
			}
			return p, resource.FromJSON(r.Text(4), &p.Weights)
		},
	},
}
