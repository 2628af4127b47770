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

	ResultsRevisionList = listing.Schema{
		ID: []string{"results_revision_id"}, Default: []listing.Order{{Field: "create_time", Desc: true}},
		Fields: map[string]listing.Field{
			"create_time": {Column: "effective_time", Type: listing.Time, Filterable: true, Sortable: true},
		},
	}
)
