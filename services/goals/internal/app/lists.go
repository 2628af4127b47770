package app

import (
	"maps"

	"github.com/throughline/throughline/services/platform/listing"
)

// What lists can be filtered and sorted by; columns are those of the migrations.
var (
	OrganizationList = listing.Schema{ID: []string{"organization_id"}, Fields: described(nil)}

	PlanList = listing.Schema{ID: []string{"plan_id"}, Fields: described(map[string]listing.Field{
		"kind":  {Column: "kind", Filterable: true},
		"state": {Column: "state", Filterable: true},
	})}

	GoalList = listing.Schema{ID: []string{"goal_id"}, Fields: described(map[string]listing.Field{
		"parent_goal": {Column: "parent_goal", Filterable: true},
		"scale":       {Column: "scale", Filterable: true},
		"lens":        {Column: "lens", Filterable: true},
	})}

	PrioritizationList = listing.Schema{ID: []string{"prioritization_id"}, Fields: described(map[string]listing.Field{
		"state": {Column: "state", Filterable: true},
	})}

	BallotList = listing.Schema{ID: []string{"ballot_id"}, Fields: map[string]listing.Field{
		"member":      {Column: "member", Filterable: true},
		"update_time": {Column: "update_time", Type: listing.Time, Sortable: true},
	}}

	PriorityRevisionList = listing.Schema{
		ID: []string{"priority_revision_id"}, Default: []listing.Order{{Field: "create_time", Desc: true}},
		Fields: map[string]listing.Field{
			"create_time": {Column: "effective_time", Type: listing.Time, Filterable: true, Sortable: true},
		},
	}
)

// described adds the fields that most resources have.
func described(fields map[string]listing.Field) map[string]listing.Field {
	all := map[string]listing.Field{
		"display_name": {Column: "display_name", Filterable: true, Sortable: true},
		"create_time":  {Column: "create_time", Type: listing.Time, Sortable: true},
		"update_time":  {Column: "update_time", Type: listing.Time, Sortable: true},
	}
	maps.Copy(all, fields)
	return all
}
