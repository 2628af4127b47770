package app

import "github.com/throughline/throughline/services/platform/listing"

// What lists can be filtered and sorted by; columns are those of the migrations.
var (
	MeasureList = listing.Schema{ID: []string{"measure_id"}, Fields: listing.Described(map[string]listing.Field{
		"kind":      {Column: "kind", Filterable: true},
		"direction": {Column: "direction", Filterable: true},
		"frequency": {Column: "frequency", Filterable: true},
		"owner":     {Column: "owner", Filterable: true},
	})}

	ObservationList = listing.Schema{ID: []string{"period_start", "dimension"}, Fields: map[string]listing.Field{
		"period_start": {Column: "period_start", Type: listing.Date, Filterable: true, Sortable: true},
		"dimension":    {Column: "dimension", Filterable: true},
	}}

	// RevisionList is ObservationList with every revision of a period and dimension, oldest first.
	RevisionList = listing.Schema{
		ID: ObservationList.ID, Within: []listing.Order{{Field: "revision"}},
		Fields: map[string]listing.Field{
			"period_start": ObservationList.Fields["period_start"], "dimension": ObservationList.Fields["dimension"],
			"revision": {Column: "revision", Type: listing.Int},
		},
	}

	EvaluationList = listing.Schema{ID: []string{"evaluation_id"}, Fields: listing.Described(map[string]listing.Field{
		"subject":           {Column: "subject", Filterable: true},
		"recommendation":    {Column: "recommendation", Filterable: true},
		"first_fiscal_year": {Column: "first_fiscal_year", Type: listing.Int, Filterable: true},
		"last_fiscal_year":  {Column: "last_fiscal_year", Type: listing.Int, Filterable: true, Sortable: true},
	})}

	ResultsRevisionList = listing.Schema{
		ID: []string{"results_revision_id"}, Default: []listing.Order{{Field: "create_time", Desc: true}},
		Fields: map[string]listing.Field{
			"create_time": {Column: "effective_time", Type: listing.Time, Filterable: true, Sortable: true},
		},
	}

	ProgressReportList = listing.Schema{ID: []string{"progress_report_id"}, Fields: listing.Described(map[string]listing.Field{
		"plan":         {Column: "plan", Filterable: true},
		"state":        {Column: "state", Filterable: true},
		"period_start": {Column: "period_start", Type: listing.Date, Filterable: true},
		"period_end":   {Column: "period_end", Type: listing.Date, Filterable: true, Sortable: true},
	})}
)
