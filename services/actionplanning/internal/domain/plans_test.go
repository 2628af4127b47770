package domain

import (
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// fields are the names of the fields at fault.
func fields(err error) []string {
	f, ok := fault.As(err)
	if !ok {
		return nil
	}
	var names []string
	for _, v := range f.Violations {
		names = append(names, v.Field)
	}
	return names
}

func TestObjectiveNamesEveryBadField(t *testing.T) {
	good := Objective{Organization: "o", Strategy: "s", ID: "x", DisplayName: "Answer calls", DueDate: "2028-02-29"}
	cost := func(code string, units int64, nanos int32) *Required {
		return &Required{Cost: &Money{CurrencyCode: code, Units: units, Nanos: nanos}}
	}
	for name, c := range map[string]struct {
		edit func(*Objective)
		want []string
	}{
		"good":                 {func(*Objective) {}, nil},
		"cents":                {func(o *Objective) { o.Required = cost("USD", 12, 990_000_000) }, nil},
		"cents alone":          {func(o *Objective) { o.Required = cost("USD", 0, 10_000_000) }, nil},
		"no such day":          {func(o *Objective) { o.DueDate = "2027-02-29" }, []string{"objective.due_date"}},
		"no day":               {func(o *Objective) { o.DueDate = "" }, []string{"objective.due_date"}},
		"blank name and a day": {func(o *Objective) { o.DisplayName, o.DueDate = " ", "2027" }, []string{"objective.display_name", "objective.due_date"}},
		"no currency":          {func(o *Objective) { o.Required = cost("", 1, 0) }, []string{"objective.required.cost.currency_code"}},
		"small currency":       {func(o *Objective) { o.Required = cost("usd", 1, 0) }, []string{"objective.required.cost.currency_code"}},
		"a whole in nanos":     {func(o *Objective) { o.Required = cost("USD", 1, 1_000_000_000) }, []string{"objective.required.cost.nanos"}},
		"signs differ":         {func(o *Objective) { o.Required = cost("USD", 1, -1) }, []string{"objective.required.cost.nanos"}},
		"negative":             {func(o *Objective) { o.Required = cost("USD", -1, -1) }, []string{"objective.required.cost"}},
		"negative staff":       {func(o *Objective) { o.Required = &Required{FTEMilli: -1} }, []string{"objective.required.fte_milli"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.edit(&o)
			_, err := NewObjective(o, noon)
			if got := fields(err); !slices.Equal(got, c.want) {
				t.Errorf("fields at fault %v (%v), want %v", got, err, c.want)
			}
		})
	}
}

func TestAssignmentDaysAndEffort(t *testing.T) {
	good := Assignment{Organization: "o", ID: "a", Strategy: "s", Objective: "x", Employee: "e-1", Role: "SUPPORT", StartDate: "2027-01-01"}
	for name, c := range map[string]struct {
		edit func(*Assignment)
		want []string
	}{
		"open-ended":     {func(*Assignment) {}, nil},
		"one day":        {func(a *Assignment) { a.EndDate = "2027-01-01" }, nil},
		"ends too early": {func(a *Assignment) { a.EndDate = "2026-12-31" }, []string{"assignment.end_date"}},
		"no role":        {func(a *Assignment) { a.Role = "" }, []string{"assignment.role"}},
		"more than one":  {func(a *Assignment) { a.EffortPPM = PPM + 1 }, []string{"assignment.effort_ppm"}},
		"no start":       {func(a *Assignment) { a.StartDate = "" }, []string{"assignment.start_date"}},
		"no such end":    {func(a *Assignment) { a.EndDate = "2027-04-31" }, []string{"assignment.end_date"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := good
			c.edit(&a)
			got, err := NewAssignment(a, noon)
			if bad := fields(err); !slices.Equal(bad, c.want) {
				t.Errorf("fields at fault %v (%v), want %v", bad, err, c.want)
			}
			if err == nil && got.EffortPPM != 0 {
				t.Errorf("effort became %d, want it left at 0", got.EffortPPM)
			}
		})
	}
}

func TestOneLeadAtATime(t *testing.T) {
	spring := Assignment{Organization: "o", ID: "spring", Strategy: "s", Objective: "x", Employee: "e-1", Role: RoleLead, StartDate: "2027-03-01", EndDate: "2027-05-31"}
	for name, c := range map[string]struct {
		start, end Date
		role       Role
		taken      bool
	}{
		"before":              {"2027-01-01", "2027-02-28", RoleLead, false},
		"the first day":       {"2027-01-01", "2027-03-01", RoleLead, true},
		"within":              {"2027-04-01", "2027-04-30", RoleLead, true},
		"around":              {"2027-01-01", "2027-12-31", RoleLead, true},
		"the last day":        {"2027-05-31", "", RoleLead, true},
		"after":               {"2027-06-01", "", RoleLead, false},
		"open from before":    {"2027-01-01", "", RoleLead, true},
		"support any time":    {"2027-04-01", "", "SUPPORT", false},
		"reviewer any time":   {"2027-04-01", "", "REVIEWER", false},
		"open from after all": {"2028-01-01", "", RoleLead, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := spring
			a.ID, a.StartDate, a.EndDate, a.Role = "other", c.start, c.end, c.role
			err := a.CheckLead([]Assignment{a, spring})
			if got := fault.Reason(err) == "LEAD_TAKEN"; got != c.taken {
				t.Errorf("error %v, want taken %v", err, c.taken)
			}
			if f, ok := fault.As(err); ok && f.Metadata["assignment"] != spring.Name() {
				t.Errorf("%v does not name %s", f.Metadata, spring.Name())
			}
		})
	}
}
