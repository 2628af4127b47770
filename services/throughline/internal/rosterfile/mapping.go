// Package rosterfile reads an HR system's roster into rows of a staff sync, as a mapping says.
package rosterfile

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// Mapping says how a roster is to be read. It is plain data: the samples in deploy/samples/mappings/rosters are the reference.
type Mapping struct {
	tabular.Layout `yaml:",inline"`

	Name         string             `yaml:"name"`         // an id, such as "baltimore-fy2019"
	Title        string             `yaml:"title"`        // for people
	Organization string             `yaml:"organization"` // id of the organization; the command may name another
	DateFormats  []string           `yaml:"date_formats"` // how days are written, such as "{MM}/{DD}/{YYYY}*"; the first that fits counts; absent: "{YYYY}-{MM}-{DD}"
	Skip         []tabular.SkipRule `yaml:"skip"`         // ordered, the first match wins
	Employee     Employee           `yaml:"employee"`
	Job          Job                `yaml:"job"`
}

// Employee says where the facts about a person come from. Where jobs have days or keys, all rows of one external_id must agree on them.
type Employee struct {
	ExternalID  tabular.Value  `yaml:"external_id"`
	DisplayName tabular.Value  `yaml:"display_name"`
	Status      *Status        `yaml:"status"` // absent: all are ACTIVE
	WorkerType  *tabular.Value `yaml:"worker_type"`
	Subject     *tabular.Value `yaml:"subject"`
	EndDate     *tabular.Value `yaml:"end_date"` // last day of employment
	LeaveStart  *tabular.Value `yaml:"leave_start"`
	LeaveEnd    *tabular.Value `yaml:"leave_end"`
}

// Status decides whether somebody works by a text of the row, whose meanings must all be told. A blank text means what otherwise says.
type Status struct {
	From      tabular.Value     `yaml:"from"`
	Values    map[string]string `yaml:"values"`    // what the texts mean: ACTIVE, LEAVE or TERMINATED
	Otherwise string            `yaml:"otherwise"` // absent: ACTIVE
}

// Job says where the facts about the job of a row come from. With key, start_date or end_date, rows of one external_id are the jobs of
// one employee.
type Job struct {
	Key        *tabular.Value `yaml:"key"`
	Title      *tabular.Value `yaml:"title"`
	Department *tabular.Value `yaml:"department"`
	Position   *tabular.Value `yaml:"position"`
	Manager    *tabular.Value `yaml:"manager_external_id"`
	FTE        *FTE           `yaml:"fte"` // absent: all work full time
	StartDate  *tabular.Value `yaml:"start_date"`
	EndDate    *tabular.Value `yaml:"end_date"`
}

// FTE is a share of full time: the number of the row over what full time is in the same unit. A blank one means full time.
type FTE struct {
	From     tabular.Value `yaml:"from"`
	FullTime string        `yaml:"full_time"` // such as "100" for percents or "40" for weekly hours; absent: 1
}

// dated says whether rows are jobs of their own.
func (j *Job) dated() bool { return j.Key != nil || j.StartDate != nil || j.EndDate != nil }

// OpenMapping reads a YAML mapping. Unknown and repeated keys are refused. The error is a fault of kind Invalid, reason MAPPING_INVALID, with
// one violation for every problem found.
func OpenMapping(file string) (Mapping, error) { return tabular.OpenMapping(file, loadMapping) }

func loadMapping(r io.Reader) (Mapping, error) {
	var m Mapping
	if err := tabular.LoadMapping(r, &m); err != nil {
		return Mapping{}, err
	}
	return m, m.Validate()
}

var statuses = []string{"ACTIVE", "LEAVE", "TERMINATED"}

// Validate lists everything that is wrong with the mapping itself; what only a file can show is found by Read.
func (m *Mapping) Validate() error { return tabular.Validated(m.problems) }

func (m *Mapping) problems(report tabular.Reporter) {
	if !tabular.IsResourceID(m.Name) {
		report("name", "want lower-case letters, digits and inner hyphens, beginning with a letter, at most 63")
	}
	if m.Organization != "" && !tabular.IsResourceID(m.Organization) {
		report("organization", "want the id of an organization, such as riverbend")
	}
	m.Layout.Problems("", report)
	for i, f := range m.DateFormats {
		if _, err := newDateFormat(f); err != nil {
			report(fmt.Sprintf("date_formats[%d]", i), "%q %v", f, err)
		}
	}
	tabular.SkipProblems(m.Skip, nil, report)
	for _, v := range m.values() {
		v.value.Problems(v.path, report)
	}
	if s := m.Employee.Status; s != nil {
		for _, text := range slices.Sorted(maps.Keys(s.Values)) {
			tabular.Allowed(report, "employee.status.values."+text, s.Values[text], statuses)
		}
		if s.Otherwise != "" {
			tabular.Allowed(report, "employee.status.otherwise", s.Otherwise, statuses)
		}
	}
	if m.Employee.LeaveEnd != nil && m.Employee.LeaveStart == nil {
		report("employee.leave_end", "needs leave_start")
	}
	if f := m.Job.FTE; f != nil && f.FullTime != "" {
		if n, ok := decimal(f.FullTime); !ok || n.Sign() <= 0 {
			report("job.fte.full_time", "want a number above zero, such as 40")
		}
	}
}

// mapped is a value of the mapping and where it stands.
type mapped struct {
	path  string
	value *tabular.Value
}

// values are those that are set.
func (m *Mapping) values() (all []mapped) {
	e, j := &m.Employee, &m.Job
	for _, v := range []mapped{
		{"employee.external_id", &e.ExternalID},
		{"employee.display_name", &e.DisplayName},
		{"employee.worker_type", e.WorkerType},
		{"employee.subject", e.Subject},
		{"employee.end_date", e.EndDate},
		{"employee.leave_start", e.LeaveStart},
		{"employee.leave_end", e.LeaveEnd},
		{"job.key", j.Key},
		{"job.title", j.Title},
		{"job.department", j.Department},
		{"job.position", j.Position},
		{"job.manager_external_id", j.Manager},
		{"job.start_date", j.StartDate},
		{"job.end_date", j.EndDate},
	} {
		if v.value != nil {
			all = append(all, v)
		}
	}
	if e.Status != nil {
		all = append(all, mapped{"employee.status.from", &e.Status.From})
	}
	if j.FTE != nil {
		all = append(all, mapped{"job.fte.from", &j.FTE.From})
	}
	return all
}

// columnsUsed lists every column that the mapping reads, with the path that reads it.
func (m *Mapping) columnsUsed() map[string][]string {
	used := map[string][]string{}
	for _, v := range m.values() {
		used[v.path] = v.value.ColumnsUsed()
	}
	for i, s := range m.Skip {
		used[fmt.Sprintf("skip[%d].when", i)] = s.When.Used()
	}
	return used
}
