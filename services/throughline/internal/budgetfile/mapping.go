package budgetfile

import (
	"io"
	"regexp"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// Mapping says how a city's budget files are to be read. It is plain data: the samples in deploy/samples/mappings are the reference.
type Mapping struct {
	Name       string          `yaml:"name"`        // an id, such as "okc-fy2016"
	Title      string          `yaml:"title"`       // for people
	FiscalYear int             `yaml:"fiscal_year"` // the year the budget is for
	Currency   string          `yaml:"currency"`    // ISO 4217; decides the number of minor-unit digits
	Version    Version         `yaml:"version"`     // the version that envelopes and program requests are made from
	Envelope   Envelope        `yaml:"envelope"`    // which side states a fund's envelope; absent: REVENUE where there is revenue
	Files      []File          `yaml:"files"`
	Transfers  []When          `yaml:"transfers"`  // lines that move money between funds: kind TRANSFER
	Treatments []TreatmentRule `yaml:"treatments"` // ordered, the first match wins
	Funds      []FundRule      `yaml:"funds"`      // ordered, the first match wins; every fund must match one
	Goals      []string        `yaml:"goals"`      // goal ids that alignment may name
	Alignment  []AlignmentRule `yaml:"alignment"`  // ordered; for each goal the first matching rule that names it wins
	Expect     []Expectation   `yaml:"expect"`     // published totals to tie to
}

// File describes one file.
type File struct {
	tabular.Layout `yaml:",inline"`

	ID          string      `yaml:"id"`   // short id, part of every line item's id
	Name        string      `yaml:"name"` // what the opener is asked for
	Number      Number      `yaml:"number"`
	Side        Side        `yaml:"side"`         // absent: EXPENDITURE
	Revenue     []When      `yaml:"revenue"`      // rows of an expenditure file that are revenue
	ReverseSign []Side      `yaml:"reverse_sign"` // sides that the file states with the opposite sign
	Skip        []SkipRule  `yaml:"skip"`
	Columns     Columns     `yaml:"columns"`
	Amounts     []Amount    `yaml:"amounts"`
	Checks      []SumCheck  `yaml:"checks"`
	Facts       ProgramFact `yaml:"facts"`
}

// Columns says which columns hold the dimensions of a row.
type Columns struct {
	Fund       Coded          `yaml:"fund"`
	Department Coded          `yaml:"department"`
	Division   Coded          `yaml:"division"`
	Program    Coded          `yaml:"program"`
	Purpose    *tabular.Value `yaml:"purpose"`  // what the program is for, in words
	Function   *tabular.Value `yaml:"function"` // the program's line of business
	Account    Coded          `yaml:"account"`
	Class      *tabular.Value `yaml:"class"` // character class of a cost, such as personnel
	Segments   []Segment      `yaml:"segments"`
}

// Coded is a dimension with a code and, where the file has one, a name.
type Coded struct {
	Code *tabular.Value `yaml:"code"`
	Name *tabular.Value `yaml:"name"`
}

// Segment names one segment of the account string.
type Segment struct {
	Name  string        `yaml:"name"`
	Value tabular.Value `yaml:"value"`
}

// Amount is one column of money. Several columns are several versions, or several parts of one version, each with its treatment.
type Amount struct {
	Column      string    `yaml:"column"`
	Version     Version   `yaml:"version"`
	Key         string    `yaml:"key"`       // tells columns of the same version apart; absent: the version in lower case
	Treatment   Treatment `yaml:"treatment"` // for lines that no treatment rule matches
	Class       string    `yaml:"class"`
	Account     string    `yaml:"account"` // account code, where the column itself is the account
	AccountName string    `yaml:"account_name"`
}

// SkipRule names rows that are not budget lines, such as a grand total. Rows skipped are counted and summed, never lost.
type SkipRule struct {
	Name       string `yaml:"name"`
	When       When   `yaml:"when"`
	GrandTotal bool   `yaml:"grand_total"` // the row must equal the sum of the file's mapped rows
}

// SumCheck demands, row by row, that some columns add up to another.
type SumCheck struct {
	Sum    []string `yaml:"sum"`
	Equals string   `yaml:"equals"`
}

// TreatmentRule gives a treatment to the expenditure lines it matches.
type TreatmentRule struct {
	Name      string    `yaml:"name"`
	When      When      `yaml:"when"`
	Treatment Treatment `yaml:"treatment"`
}

// FundRule gives a kind and a GASB 54 class to the funds it matches.
type FundRule struct {
	When   When     `yaml:"when"`
	Kind   FundKind `yaml:"kind"`
	GASB54 string   `yaml:"gasb54"` // absent for proprietary and fiduciary funds
}

// AlignmentRule gives default alignment, 0 to 4 per goal, to the programs it matches.
type AlignmentRule struct {
	When  When           `yaml:"when"`
	Goals map[string]int `yaml:"goals"`
}

// Expectation is a published total, in currency units, that the mapped lines must tie to.
type Expectation struct {
	Side    Side    `yaml:"side"`
	Version Version `yaml:"version"`
	Total   string  `yaml:"total"`
}

// idPattern keeps "<file id>-<row>-<amount key>" within the 63 characters of a resource id.
var idPattern = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$`)

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
