package budgetfile

// Parsed is everything a mapping made of its files, in a fixed order: the same bytes and mapping always give the same Parsed.
type Parsed struct {
	Mapping       Mapping
	Funds         []Fund           // by code
	Departments   []Department     // by code
	Programs      []Program        // by code
	LineItems     []LineItem       // files in the mapping's order, then rows, then amount columns
	Requests      []ProgramRequest // by program code; one for each program that spends in the mapping's version
	ControlTotals ControlTotals
	RowErrors     []RowError // empty when every row was mapped or skipped by a rule
	Mismatches    []Mismatch // totals that should tie and do not
	Notices       []Notice   // what a person should look at; nothing here stops an import
}

// Fund is a fund met in the files. Money is in minor units of the mapping's currency.
type Fund struct {
	ID          string // resource id, such as "f-001"
	Code, Name  string
	Kind        FundKind
	GASB54      string // empty for proprietary and fiduciary funds
	Envelope    int64  // what the fund has available, in the mapping's version
	Revenue     int64  // revenue side of that version, transfers in included
	Expenditure int64  // expenditure side of that version, transfers out included
}

// Department is a department met in the files.
type Department struct {
	ID         string // such as "d-420"
	Code, Name string
}

// Program is a program that spends in at least one version. A code seen only on revenue rows makes no program.
type Program struct {
	ID             string // such as "p-4200732"; at most 63 characters of [a-z0-9-]
	Code, Name     string
	Purpose        string
	Function       string
	DepartmentCode string
	DivisionCode   string
	DivisionName   string
}

// LineItem is one amount of one row. Rows that look alike stay separate lines.
type LineItem struct {
	ID             string // "<file id>-<row>-<amount key>"
	ExternalRef    string // "<file name>#<row>#<amount key>": stable while the file keeps its rows
	Side           Side
	Kind           Kind
	Version        Version
	FundCode       string
	DepartmentCode string
	DivisionCode   string
	ProgramCode    string // empty on revenue that no spending program owns
	AccountCode    string
	AccountName    string
	Class          string
	Segments       []AccountSegment // strings exactly as filed, leading zeros kept
	Amount         int64            // minor units, sign policy applied
	Treatment      Treatment        // empty on the revenue side
	Rule           string           // the treatment rule that decided; empty where the column or the default did
	File           string           // file name
	Row            int              // data record, 1 for the first after the header
	Line           int              // physical line on which the record begins, 1 for the first of the file
}

// AccountSegment is one named part of the account string.
type AccountSegment struct{ Name, Value string }

// ProgramRequest is what a program asks for in the mapping's version, with what the files say about it.
type ProgramRequest struct {
	ProgramID    string
	ProgramCode  string
	CostLines    []CostLine // by fund, treatment, class
	Base         int64      // sum of the cost lines; negative lines net
	Alignment    map[string]int
	Attributes   map[string]int // absent key: unknown
	Mandate      Claim
	ServiceLevel Claim
	FTEMilli     *int64 // thousandths of a full-time equivalent; nil: unknown
}

// CostLine is the sum of a program's lines with the same fund, treatment and class.
type CostLine struct {
	FundID, FundCode string
	Class            string
	Treatment        Treatment
	Amount           int64
	Lines            int
}

// RowError is one bad cell of a rejected row; a rejected row may have several.
type RowError struct {
	File   string
	Row    int    // data record; 0 where the file could not be cut into records
	Line   int    // physical line
	Column string // empty where the whole row is meant
	Value  string // at most 80 characters of it
	Remedy string // what is wrong and what would mend it
}

// Mismatch is a total that does not tie.
type Mismatch struct {
	What     string
	Want     int64
	Got      int64
	WantFrom string // "expect[0]", or file and line of a grand-total row
}

// Notice is something worth a look: a rule that matched nothing, a name that drifts, a fund whose sides differ.
type Notice struct{ Code, Detail string }

// ControlTotals let a person tie the import to the files. For every file: Read = Mapped + skipped + Rejected; Read asserts it.
type ControlTotals struct {
	Files   []FileTotals
	Skipped []SkippedTotals
	Lines   []LineTotals // by side, kind, version, fund code
	Rules   []RuleTotals // treatment rules in order, then the defaults; the mapping's version, expenditure side
}

// FileTotals counts one file's records. Blank lines and title lines count as read and skipped; the header
// itself counts as nothing.
type FileTotals struct {
	File           string
	Encoding       string // the one used
	Read           int
	Mapped         int
	Skipped        int
	Rejected       int
	Lines          int      // line items made
	OmittedCells   int      // blank or zero cells of mapped rows that made no line, by the number policy
	RoundedCells   int      // cells rounded to the minor unit, by the number policy
	IgnoredColumns []string // columns the mapping does not read
}

// SkippedTotals counts and sums what one rule skipped in one file.
type SkippedTotals struct {
	File       string
	Rule       string
	Rows       int
	Sums       []KeySum // per amount column, as filed
	Unreadable int      // amount cells that are not numbers, and so are not in the sums
}

// KeySum is a sum under an amount key.
type KeySum struct {
	Key    string
	Amount int64
}

// LineTotals counts and sums the line items of one kind, version and fund.
type LineTotals struct {
	Side     Side
	Kind     Kind
	Version  Version
	FundCode string
	Lines    int
	Amount   int64
}

// RuleTotals counts and sums what one treatment rule decided.
type RuleTotals struct {
	Rule      string // "" with Treatment COMPETES or INTERFUND: the default; "" otherwise: the amount column's own
	Treatment Treatment
	Lines     int
	Amount    int64
}

// Total is the sum of one side of one version, transfers included.
func (c ControlTotals) Total(side Side, version Version) int64 {
	var sum int64
	for _, l := range c.Lines {
		if l.Side == side && l.Version == version {
			sum += l.Amount
		}
	}
	return sum
}

// Rejected is the number of rejected rows in all files.
func (c ControlTotals) Rejected() int {
	n := 0
	for _, f := range c.Files {
		n += f.Rejected
	}
	return n
}
