package app

import (
	"github.com/throughline/throughline/services/platform/listing"
)

// Query is a checked list request.
type Query = listing.Query

// What lists can be filtered and sorted by; columns are those of the migrations.
var (
	FundList = listing.Schema{ID: []string{"fund_id"}, Fields: listing.Described(map[string]listing.Field{
		"code":         {Column: "code", Filterable: true, Sortable: true},
		"kind":         {Column: "kind", Filterable: true},
		"gasb54_class": {Column: "gasb54_class", Filterable: true},
	})}

	BudgetList = listing.Schema{ID: []string{"budget_id"}, Fields: listing.Described(map[string]listing.Field{
		"fiscal_year": {Column: "fiscal_year", Type: listing.Int, Filterable: true, Sortable: true},
		"state":       {Column: "state", Filterable: true},
	})}

	ProgramList = listing.Schema{ID: []string{"program_id"}, Fields: listing.Described(map[string]listing.Field{
		"code":       {Column: "code", Filterable: true, Sortable: true},
		"department": {Column: "department", Filterable: true, Sortable: true},
		"function":   {Column: "function_name", Filterable: true},
	})}

	FundingRequestList = listing.Schema{ID: []string{"program_id"}, Fields: map[string]listing.Field{
		"create_time": {Column: "create_time", Type: listing.Time, Filterable: true, Sortable: true},
		"update_time": {Column: "update_time", Type: listing.Time, Filterable: true, Sortable: true},
	}}

	DecisionPackageList = listing.Schema{ID: []string{"program_id", "decision_package_id"}, Fields: listing.Described(map[string]listing.Field{
		"replaces_base": {Column: "replaces_base", Type: listing.Bool, Filterable: true},
	})}

	ElectionList = listing.Schema{ID: []string{"election_id"}, Fields: listing.Described(map[string]listing.Field{
		"state": {Column: "state", Filterable: true},
	})}

	ScenarioList = listing.Schema{ID: []string{"scenario_id"}, Fields: listing.Described(map[string]listing.Field{
		"method": {Column: "method", Filterable: true},
	})}

	LineItemList = listing.Schema{ID: []string{"line_item_id"}, Fields: map[string]listing.Field{
		"kind":        {Column: "kind", Filterable: true},
		"version":     {Column: "figure", Filterable: true},
		"fund":        {Column: "fund", Filterable: true, Sortable: true},
		"department":  {Column: "department", Filterable: true, Sortable: true},
		"program":     {Column: "program", Filterable: true},
		"treatment":   {Column: "treatment", Filterable: true},
		"amount":      {Column: "amount", Type: listing.Int, Filterable: true, Sortable: true},
		"create_time": {Column: "create_time", Type: listing.Time, Sortable: true},
	}}

	AllocationList = listing.Schema{
		ID: []string{"allocation_id"}, Default: []listing.Order{{Field: "create_time", Desc: true}},
		Fields: map[string]listing.Field{
			"display_name": {Column: "display_name", Filterable: true, Sortable: true},
			"state":        {Column: "state", Filterable: true},
			"outcome":      {Column: "outcome", Filterable: true},
			"create_time":  {Column: "create_time", Type: listing.Time, Filterable: true, Sortable: true},
		},
	}

	AllocationLineList = listing.Schema{ID: []string{"program_id"}, Fields: map[string]listing.Field{
		"program":     {Column: "program_id", Sortable: true},
		"department":  {Column: "department", Filterable: true, Sortable: true},
		"score_bp":    {Column: "score_bp", Type: listing.Int, Filterable: true, Sortable: true},
		"reason_code": {Column: "reason_code", Filterable: true},
		"flagged":     {Column: "flagged", Type: listing.Bool, Filterable: true},
	}}
)
