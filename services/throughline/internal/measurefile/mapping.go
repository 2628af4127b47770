package measurefile

import (
	"io"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// Mapping says how a file of measures is to be read. It is plain data: the samples in deploy/samples/mappings/measures are the reference.
type Mapping struct {
	tabular.Layout `yaml:",inline"`

	Name         string             `yaml:"name"`         // an id, such as "austin-key-indicators"
	Title        string             `yaml:"title"`        // for people
	Organization string             `yaml:"organization"` // id of the organization; the command may name another
	Format       string             `yaml:"format"`       // DELIMITED (default), or JSON_LINES: one object a line, columns are its members
	FiscalYear   FiscalYear         `yaml:"fiscal_year"`  // absent: the calendar year
	Skip         []tabular.SkipRule `yaml:"skip"`         // ordered, the first match wins
	Measure      Measure            `yaml:"measure"`      // what a row says about the measure it is of
	Links        []Link             `yaml:"links"`        // what the measures speak for
	Dimension    *Dimension         `yaml:"dimension"`    // absent: all values are of the whole city
	Cells        []Cell             `yaml:"cells"`        // what is read from a row: one value, or one for each of several periods
	ValueRules   ValueRules         `yaml:"value_rules"`  // how texts such as "85%" are read
}

// Measure says where the facts of a measure come from. All rows of one id must agree on kind, unit, direction and frequency.
type Measure struct {
	ID          tabular.Value  `yaml:"id"`
	IDPrefix    string         `yaml:"id_prefix"` // makes an id of any text; absent: the text must be a resource id
	DisplayName *tabular.Value `yaml:"display_name"`
	Description *tabular.Value `yaml:"description"`
	Unit        *tabular.Value `yaml:"unit"`
	Kind        Choice         `yaml:"kind"`
	Direction   Choice         `yaml:"direction"`
	Frequency   Choice         `yaml:"frequency"`
	Owner       *tabular.Value `yaml:"owner"`
	Source      *tabular.Value `yaml:"source"`
}

// Choice decides on one word of a vocabulary: by the first rule that matches, else by a text of the row, else by Otherwise. A text
// that is neither a word nor among Values refuses its row. Nothing is assumed: without From, Otherwise must be stated.
type Choice struct {
	Rules     []ChoiceRule      `yaml:"rules"`
	From      *tabular.Value    `yaml:"from"`
	Values    map[string]string `yaml:"values"`    // what the texts of From mean
	Otherwise string            `yaml:"otherwise"` // for rows that nothing above decides
}

// ChoiceRule decides on the rows it matches.
type ChoiceRule struct {
	Is   string          `yaml:"is"`
	When tabular.Columns `yaml:"when"`
}

// Link is a subject that measures speak for.
type Link struct {
	Subject      string          `yaml:"subject"`   // such as "programs/{id}" or "plans/strategic/goals/safety"
	ID           *tabular.Value  `yaml:"id"`        // takes the place of {id}; a row where it is blank has no such link
	IDPrefix     string          `yaml:"id_prefix"` // as in measure; programs imported from budget files have "p"
	Weight       int             `yaml:"weight"`    // absent: 1
	Contribution string          `yaml:"contribution"`
	When         tabular.Columns `yaml:"when"` // rows it holds for; absent: all
}

// Dimension is the part of the city or group of people that a value is of; a blank one is the whole city.
type Dimension struct {
	Value tabular.Value `yaml:"value"`
	Kind  string        `yaml:"kind"` // declares what is met on its measure, as DISTRICT or GROUP; absent: nothing is declared
}

// Cell is one column that holds a value or a target, and its period.
type Cell struct {
	Column string          `yaml:"column"`
	Is     string          `yaml:"is"`     // VALUE, TARGET, or TARGET_UPPER: the upper end where the direction is MAINTAIN_RANGE
	Period tabular.Value   `yaml:"period"` // text that tells the period, such as a column of years or a constant
	Format string          `yaml:"format"` // how that text is written, such as "{YYYY}" or "FY{YY} Actual"; parts lists what braces can hold
	When   tabular.Columns `yaml:"when"`   // rows it is read from; absent: all
}

// FiscalYear says when fiscal years begin and which calendar year they are called by.
type FiscalYear struct {
	Starts int    `yaml:"starts"` // month, 1 to 12; absent: 1
	Named  string `yaml:"named"`  // by the calendar year of its START or its END
}

// ValueRules are passed on to recordObservations: see throughline.performance.v1.ValueRules.
type ValueRules struct {
	DecimalComma bool     `yaml:"decimal_comma"`
	Percent      string   `yaml:"percent"` // POINTS (default) or FRACTION
	Units        []string `yaml:"units"`
	Missing      []string `yaml:"missing"`
}

// Proto is the rules as the API takes them.
func (r ValueRules) Proto() *performancev1.ValueRules {
	return &performancev1.ValueRules{
		DecimalComma: r.DecimalComma, Percent: wire.Enum[performancev1.ValueRules_Percent](r.Percent), Units: r.Units, Missing: r.Missing,
	}
}

// LoadMapping reads one YAML mapping. Unknown and repeated keys are refused. The error is a fault of kind Invalid, reason
// MAPPING_INVALID, with one violation for every problem found.
func LoadMapping(r io.Reader) (Mapping, error) {
	var m Mapping
	if err := tabular.LoadMapping(r, &m); err != nil {
		return Mapping{}, err
	}
	if err := m.Validate(); err != nil {
		return Mapping{}, err
	}
	return m, nil
}

// OpenMapping is LoadMapping of a file.
func OpenMapping(file string) (Mapping, error) { return tabular.OpenMapping(file, LoadMapping) }
