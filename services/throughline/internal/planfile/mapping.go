package planfile

import (
	"fmt"
	"io"
	"time"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// Formats of files.
const (
	Delimited = "DELIMITED" // a row for each deepest goal, its ancestors repeated in other columns
	JSON      = "JSON"      // one object, in which lists hold objects
)

// Mapping says how the hierarchy of a plan is to be read. It is plain data: the samples in deploy/samples/mappings/plans are the reference.
type Mapping struct {
	tabular.Layout `yaml:",inline"`

	Name   string          `yaml:"name"`   // an id, such as "boston-fy19"
	Title  string          `yaml:"title"`  // for people
	Plan   Plan            `yaml:"plan"`   // made when missing
	Format string          `yaml:"format"` // DELIMITED (default) or JSON
	When   tabular.Columns `yaml:"when"`   // DELIMITED: rows to read; absent: all
	Levels []Level         `yaml:"levels"` // outermost first
}

// Plan is the plan that is made when the one to import into is missing.
type Plan struct {
	DisplayName string `yaml:"display_name"`
	Kind        string `yaml:"kind"`  // STRATEGIC, OFFICIAL_COMMUNITY …
	Start       string `yaml:"start"` // first day, 2027-01-01
	End         string `yaml:"end"`
}

// Level says how the goals of one level are read. In JSON, columns are members of the level's objects.
type Level struct {
	Name     string         `yaml:"name"`      // for people, such as "policy"
	List     string         `yaml:"list"`      // JSON: the member of the object above that holds this level's objects
	Key      *tabular.Value `yaml:"key"`       // tells it from those beside it, such as its number; absent: its position among them, from 1
	WholeKey bool           `yaml:"whole_key"` // the key is unique in the whole plan, so that the id needs no keys of the levels above
	Title    tabular.Value  `yaml:"title"`     // a longer one than 200 characters is cut, and the whole goes before the text
	Numbered bool           `yaml:"numbered"`  // the key is printed before the title
	Text     *tabular.Value `yaml:"text"`      // description
	Scale    string         `yaml:"scale"`     // of all its goals, such as CITY
	Lens     string         `yaml:"lens"`
}

func (l *Level) columns() []string {
	used := append(l.Title.ColumnsUsed(), l.Key.ColumnsUsed()...)
	return append(used, l.Text.ColumnsUsed()...)
}

// OpenMapping reads one YAML mapping. Unknown and repeated keys are refused. The error is a fault of kind Invalid, reason
// MAPPING_INVALID, with one violation for every problem found.
func OpenMapping(file string) (Mapping, error) { return tabular.OpenMapping(file, LoadMapping) }

// LoadMapping is OpenMapping of what r holds.
func LoadMapping(r io.Reader) (Mapping, error) {
	var m Mapping
	if err := tabular.LoadMapping(r, &m); err != nil {
		return Mapping{}, err
	}
	if m.Format == "" {
		m.Format = Delimited
	}
	return m, m.Validate()
}

// Validate reports every problem of the mapping.
func (m *Mapping) Validate() error {
	return tabular.Validated(func(report tabular.Reporter) {
		if !tabular.IsResourceID(m.Name) {
			report("name", "%q is no id: lower-case letters, digits and hyphens", m.Name)
		}
		tabular.Allowed(report, "format", m.Format, []string{Delimited, JSON})
		m.Layout.Problems("", report)
		m.When.Problems("when", report)
		if len(m.When) > 0 && m.Format == JSON {
			report("when", "chooses rows of delimited files; leave it out")
		}
		m.Plan.problems(report)
		if len(m.Levels) == 0 {
			report("levels", "needs at least one level")
		}
		for i := range m.Levels {
			m.Levels[i].problems(fmt.Sprintf("levels[%d].", i), m.Format, report)
		}
	})
}

func (p *Plan) problems(report tabular.Reporter) {
	tabular.Allowed(report, "plan.kind", p.Kind, []string{"STRATEGIC", "OFFICIAL_COMMUNITY", "CAPITAL", "WORKFORCE", "TECHNOLOGY", "FINANCIAL"})
	if p.DisplayName == "" {
		report("plan.display_name", "is required; a missing plan is made with it")
	}
	for field, day := range map[string]string{"start": p.Start, "end": p.End} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			report("plan."+field, "%q is no calendar day such as 2027-01-01", day)
		}
	}
	if p.End < p.Start {
		report("plan.end", "is before plan.start")
	}
}

func (l *Level) problems(path, format string, report tabular.Reporter) {
	if l.Name == "" {
		report(path+"name", "is required, such as policy")
	}
	if (l.List != "") != (format == JSON) {
		report(path+"list", "is for JSON, and needed there: the member that holds the objects")
	}
	l.Key.Problems(path+"key", report)
	l.Title.Problems(path+"title", report)
	l.Text.Problems(path+"text", report)
	if l.WholeKey && l.Key == nil {
		report(path+"whole_key", "needs key")
	}
	tabular.Allowed(report, path+"scale", l.Scale, []string{"", "REGION", "CITY", "NEIGHBORHOOD", "ORGANIZATION", "TEAM", "INDIVIDUAL"})
	tabular.Allowed(report, path+"lens", l.Lens, []string{"", "ECONOMIC", "CULTURAL", "PERSONAL_DEVELOPMENT", "HEALTHY_PHYSICAL"})
}
