package sqlstore

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var feedback = &resource.Kind[domain.Feedback]{
	Type: "feedback",
	Name: func(key ...string) string { return domain.FeedbackName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Feedback]{
		Name: "feedback", Key: []string{"organization_id", "feedback_id"},
		Columns: []string{
			"organization_id", "feedback_id", "source", "text", "goals", "district", "stakeholder_group", "date", "status",
			"close_time", "program", "assignment", "external_id", "version", "create_time", "update_time",
		},
		Values: func(f domain.Feedback) []any {
			return []any{
				f.Organization, f.ID, f.Source, f.Text, joinLines(f.Goals), f.District, f.Group, f.Date, f.Status,
				f.CloseTime, f.Program, f.Assignment, f.ExternalID, f.Version, f.CreateTime, f.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Feedback, error) {
			return domain.Feedback{
				Meta: meta(r, 13), Organization: r.Text(0), ID: r.Text(1), Source: r.Text(2), Text: r.Text(3), Goals: splitLines(r.Text(4)),
				District: r.Text(5), Group: r.Text(6), Date: domain.Date(r.Text(7)), Status: r.Text(8), CloseTime: r.Time(9),
				Program: r.Text(10), Assignment: r.Text(11), ExternalID: r.Text(12),
			}, nil
		},
	},
}

func joinLines(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return strings.Join(items, "\n") + "\n"
}

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// feedbackNumbers implements app.FeedbackNumbers.
type feedbackNumbers txn

func (n feedbackNumbers) Known(organization string, externalIDs []string) (map[string]string, error) {
	out := map[string]string{}
	for part := range sqldb.Batches(externalIDs) {
		err := n.tx.Query("SELECT external_id, feedback_id FROM feedback WHERE organization_id = ? AND external_id <> '' AND external_id IN ("+
			sqldb.Marks(len(part))+")", sqldb.Args([]any{organization}, part), func(r sqldb.Row) error {
			out[r.Text(0)] = r.Text(1)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read external ids: %w", err)
		}
	}
	return out, nil
}

func (n feedbackNumbers) Summary(organization string, q listing.Query) (s domain.FeedbackSummary, err error) {
	counts := make([]map[string]int64, 5)
	for i := range counts {
		counts[i] = map[string]int64{}
	}
	query, args := "SELECT district, stakeholder_group, source, status, goals, COUNT(*) FROM feedback WHERE organization_id = ?", []any{organization}
	if where, more := q.Where(); where != "" {
		query, args = query+" AND "+where, append(args, more...)
	}
	err = n.tx.Query(query+" GROUP BY district, stakeholder_group, source, status, goals", args, func(r sqldb.Row) error {
		times := r.Int(5)
		s.Count += times
		for i := range 4 {
			counts[i][r.Text(i)] += times
		}
		for _, goal := range splitLines(r.Text(4)) {
			counts[4][goal] += times
		}
		return nil
	})
	for i, into := range []*[]domain.FeedbackCount{&s.Districts, &s.Groups, &s.Sources, &s.Statuses, &s.Goals} {
		for _, key := range slices.Sorted(maps.Keys(counts[i])) {
			*into = append(*into, domain.FeedbackCount{Key: key, Count: counts[i][key]})
		}
	}
	return s, err
}
