package app

import (
	"github.com/throughline/throughline/services/platform/listing"
)

// What lists can be filtered and sorted by; columns are those of the migrations.
var (
	OrganizationList = listing.Schema{ID: []string{"organization_id"}, Fields: listing.Described(nil)}

	PlanList = listing.Schema{ID: []string{"plan_id"}, Fields: listing.Described(map[string]listing.Field{
		"kind":  {Column: "kind", Filterable: true},
		"state": {Column: "state", Filterable: true},
	})}

	GoalList = listing.Schema{ID: []string{"goal_id"}, Fields: listing.Described(map[string]listing.Field{
		"parent_goal": {Column: "parent_goal", Filterable: true},
		"scale":       {Column: "scale", Filterable: true},
		"lens":        {Column: "lens", Filterable: true},
	})}

	PrioritizationList = listing.Schema{ID: []string{"prioritization_id"}, Fields: listing.Described(map[string]listing.Field{
		"state": {Column: "state", Filterable: true},
	})}

	BallotList = listing.Schema{ID: []string{"ballot_id"}, Fields: map[string]listing.Field{
		"member":      {Column: "member", Filterable: true},
		"update_time": {Column: "update_time", Type: listing.Time, Sortable: true},
	}}

	RoleAssignmentList = listing.Schema{ID: []string{"role_assignment_id"}, Fields: map[string]listing.Field{
		"role":        {Column: "role", Filterable: true, Sortable: true},
		"letter":      {Column: "letter", Filterable: true},
		"phase":       {Column: "phase", Filterable: true},
		"goal":        {Column: "goal", Filterable: true},
		"holder":      {Column: "holder", Filterable: true},
		"create_time": {Column: "create_time", Type: listing.Time, Filterable: true, Sortable: true},
		"update_time": {Column: "update_time", Type: listing.Time, Filterable: true, Sortable: true},
	}}

	FeedbackList = listing.Schema{ID: []string{"feedback_id"}, Fields: map[string]listing.Field{
		"source":            {Column: "source", Filterable: true},
		"district":          {Column: "district", Filterable: true},
		"stakeholder_group": {Column: "stakeholder_group", Filterable: true},
		"status":            {Column: "status", Filterable: true},
		"program":           {Column: "program", Filterable: true},
		"goals":             {Column: "goals", Type: listing.Names, Filterable: true},
		"date":              {Column: "date", Type: listing.Date, Filterable: true, Sortable: true},
		"create_time":       {Column: "create_time", Type: listing.Time, Sortable: true},
		"update_time":       {Column: "update_time", Type: listing.Time, Sortable: true},
	}}

	// BallotVersionList is of every version of every ballot, as the journal keeps them.
	BallotVersionList = listing.Schema{ID: []string{"ballot_id", "version"}, Fields: map[string]listing.Field{
		"member":      {Column: "member", Filterable: true},
		"version":     {Column: "version", Type: listing.Int, Sortable: true},
		"update_time": {Column: "update_time", Type: listing.Time, Sortable: true},
	}}

	CommunityBallotList = listing.Schema{ID: []string{"respondent"}, Fields: map[string]listing.Field{
		"respondent": {Column: "respondent", Filterable: true, Sortable: true},
		"district":   {Column: "district", Filterable: true},
	}}

	PriorityRevisionList = listing.Schema{
		ID: []string{"priority_revision_id"}, Default: []listing.Order{{Field: "create_time", Desc: true}},
		Fields: map[string]listing.Field{
			"subject":     {Column: "subject", Filterable: true},
			"create_time": {Column: "effective_time", Type: listing.Time, Filterable: true, Sortable: true},
		},
	}
)
