package app

import "github.com/throughline/throughline/services/platform/listing"

// What lists can be filtered and sorted by; columns are those of the migrations.
var (
	StrategyList = listing.Schema{ID: []string{"strategy_id"}, Fields: listing.Described(map[string]listing.Field{
		"goal":  {Column: "goal", Filterable: true},
		"state": {Column: "state", Filterable: true},
	})}

	ObjectiveList = listing.Schema{ID: []string{"objective_id"}, Fields: listing.Described(map[string]listing.Field{
		"measure":  {Column: "measure", Filterable: true},
		"program":  {Column: "program", Filterable: true},
		"state":    {Column: "state", Filterable: true},
		"due_date": {Column: "due_date", Type: listing.Date, Filterable: true, Sortable: true},
	})}

	AssignmentList = listing.Schema{ID: []string{"assignment_id"}, Fields: listing.Timed(map[string]listing.Field{
		"objective":  {Column: "objective", Filterable: true},
		"employee":   {Column: "employee", Filterable: true},
		"role":       {Column: "role", Filterable: true},
		"start_date": {Column: "start_date", Type: listing.Date, Filterable: true, Sortable: true},
	})}

	StaffList = listing.Schema{ID: []string{"employee_id"}, Fields: map[string]listing.Field{
		"display_name": {Column: "display_name", Filterable: true, Sortable: true},
		"external_id":  {Column: "external_id", Filterable: true, Sortable: true},
		"title":        {Column: "title", Filterable: true},
		"department":   {Column: "department", Filterable: true, Sortable: true},
		"status":       {Column: "status", Filterable: true},
	}}
)
