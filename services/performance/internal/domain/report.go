package domain

import (
	"fmt"
	"strings"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/fault"
)

// ReportRules are the rules by which reports read charts.
const ReportRules = analysis.NHS1

// ReportState says where a report stands.
type ReportState string

// States of reports.
const (
	ReportDraft     ReportState = "DRAFT"
	ReportPublished ReportState = "PUBLISHED"
)

// GoalNarrative is what is written about one goal.
type GoalNarrative struct {
	Goal string // name
	Text string
}

// ProgressReport is the progress of a plan in one period.
type ProgressReport struct {
	Meta
	Organization   string
	ID             string
	DisplayName    string
	Plan           string // name
	PeriodStart    Date
	PeriodEnd      Date // last day
	Weights        []RollupWeight
	Narrative      string
	GoalNarratives []GoalNarrative
	State          ReportState
	Rollup
	PublishedBy string
}

// Rollup is what a report knows at one moment: made anew whenever a draft is read, and frozen when it is published.
type Rollup struct {
	Goals []GoalProgress // see RollUp
	AsOf  time.Time
	Rules analysis.RuleSet
}

// ProgressReportName is the resource name of a report.
func ProgressReportName(organization, id string) string {
	return name("organizations", organization, "progressReports", id)
}

// Name is the resource name.
func (r ProgressReport) Name() string { return ProgressReportName(r.Organization, r.ID) }

// NewReport is the first version of a draft; plan is the one that it names.
func NewReport(r ProgressReport, plan Plan, now time.Time) (ProgressReport, error) {
	r.Meta, r.State, r.Rollup, r.PublishedBy = Meta{}.Next(now), ReportDraft, Rollup{}, ""
	return r, r.check(plan)
}

// Changed is the next version of a draft with the fields of next; plan is the one that next names.
func (r ProgressReport) Changed(next ProgressReport, plan Plan, now time.Time) (ProgressReport, error) {
	if err := r.Open(); err != nil {
		return r, err
	}
	next.Organization, next.ID, next.Meta, next.State, next.Rollup = r.Organization, r.ID, r.Next(now), r.State, Rollup{}
	return next, next.check(plan)
}

// Open refuses to change what was published.
func (r ProgressReport) Open() error {
	if r.State != ReportPublished {
		return nil
	}
	return fault.State("REPORT_PUBLISHED", "%s is published and never changes; make a new report for what is known now", r.Name())
}

// Publishable refuses a draft whose plan does not exist any more, or that speaks of goals which it has no more.
func (r ProgressReport) Publishable(plan Plan) error {
	bad, ok := fault.As(r.check(plan))
	if !ok {
		return nil
	}
	f := fault.State("REPORT_OUTDATED", "%s does not fit its plan any more; update it first", r.Name())
	f.Violations = bad.Violations
	return f
}

// Published is the next version of r, with what it knows frozen.
func (r ProgressReport) Published(frozen Rollup, by string, now time.Time) ProgressReport {
	r.Meta, r.State, r.Rollup, r.PublishedBy = r.Next(now), ReportPublished, frozen, by
	return r
}

// Public is what anyone may read of a published report.
func (r ProgressReport) Public() ProgressReport {
	r.PublishedBy = ""
	return r
}

// until is the moment at which the report looks: the end of its period, or now while that is still under way.
func (r ProgressReport) until(now time.Time) time.Time {
	if last, ok := r.PeriodEnd.time(); ok && last.AddDate(0, 0, 1).Before(now) {
		return last.AddDate(0, 0, 1)
	}
	return now.UTC()
}

// NamesPlan says whether the report's plan is a name of one of its organization.
func (r ProgressReport) NamesPlan() bool {
	id, ok := strings.CutPrefix(r.Plan, name(OrganizationName(r.Organization), "plans", ""))
	return ok && isID(id)
}

// check lists everything that is wrong with a report; whether goals are those of a plan that does not exist is not asked.
func (r ProgressReport) check(plan Plan) error {
	var v fault.Violations
	required(&v, "progress_report.display_name", r.DisplayName)
	v.Check(plan.Found, "progress_report.plan", "%q is no plan of %s; create it first, or name another, as in %[2]s/plans/{plan}",
		r.Plan, OrganizationName(r.Organization))
	_, startOK := r.PeriodStart.time()
	_, endOK := r.PeriodEnd.time()
	v.Check(startOK, "progress_report.period_start", "must be a calendar day")
	v.Check(endOK, "progress_report.period_end", "must be a calendar day")
	v.Check(!startOK || !endOK || r.PeriodEnd > r.PeriodStart, "progress_report.period_end",
		"must be after period_start (%s); it is the last day of the period", r.PeriodStart)
	known := make(map[string]bool, len(plan.Goals))
	for _, g := range plan.Goals {
		known[g.Name] = true
	}
	once := func(list, goal string, i int, seen map[string]int) {
		field := fmt.Sprintf("progress_report.%s[%d].goal", list, i)
		first, twice := seen[goal]
		v.Check(known[goal] || !plan.Found, field, "%q is not a goal of %s; name one that is, or leave the entry out", goal, r.Plan)
		v.Check(!twice, field, "%q is named already by %s[%d]; name each goal once", goal, list, first)
		if !twice {
			seen[goal] = i
		}
	}
	seen := map[string]int{}
	for i, w := range r.Weights {
		once("weights", w.Goal, i, seen)
		v.Check(w.Weight >= 1, fmt.Sprintf("progress_report.weights[%d].weight", i), "must be at least 1")
	}
	seen = map[string]int{}
	for i, n := range r.GoalNarratives {
		once("goal_narratives", n.Goal, i, seen)
		required(&v, fmt.Sprintf("progress_report.goal_narratives[%d].text", i), n.Text)
	}
	return v.Err()
}
