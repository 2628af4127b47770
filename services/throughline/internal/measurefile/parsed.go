package measurefile

import "fmt"

// Parsed is all that a file says. The same file and mapping always give the same Parsed.
type Parsed struct {
	Mapping   Mapping
	File      string
	Measures  []Facts // in the order in which the file meets them
	Rows      []Row   // values, in the order of the file
	Totals    Totals
	Skipped   []Skipped  // by rule
	RowErrors []RowError // by line; empty when all that was read can be imported
	Notices   []Notice   // what a person should look at; nothing here stops an import
	Ignored   []string   // columns that the mapping does not read
}

// Facts are what the file says about a measure.
type Facts struct {
	ID                                            string // resource id
	Code                                          string // the text it was made from
	DisplayName, Description, Unit, Owner, Source string
	Kind, Direction, Frequency                    string // words of the API's vocabulary
	Links                                         []Subject
	Dimensions                                    []string // met on its values, in order; for the mapping's dimension.kind to declare
	Targets                                       []Target // by start
	Line                                          int      // where the file first meets it
}

// Subject is what a measure speaks for; Name lacks the organization.
type Subject struct {
	Name         string
	Weight       int
	Contribution string
}

// Target is a target of one period.
type Target struct {
	Start, End   Day
	Value, Upper float64 // Upper is for MAINTAIN_RANGE alone
	Line         int
}

// Row is one value to record.
type Row struct {
	Measure   int // position in Parsed.Measures
	Dimension string
	Start     Day
	Text      string // as written; the rules of the mapping read it
	Value     float64
	Number    bool // Value was written as a number, and Text says nothing
	Known     bool // the rules find a number, Value, in it; otherwise it means "not known"
	Line      int
	Column    string
}

// Totals account for every record and cell: Read = Mapped + Skipped + Rejected, and the cells of the mapped records are
// Values = Recordable + Missing + BadValues and Targets = SetTargets + SameTargets + MissingTargets + BadTargets. Read asserts it.
type Totals struct {
	Encoding                        string // the one used
	Read, Mapped, Skipped, Rejected int    // records; blank lines and title lines count as read and skipped

	Values, Recordable, Missing, BadValues                       int
	Targets, SetTargets, SameTargets, MissingTargets, BadTargets int
}

// Refused is how many records, values and targets cannot be imported.
func (t Totals) Refused() int { return t.Rejected + t.BadValues + t.BadTargets }

func (t Totals) check() error {
	if t.Read != t.Mapped+t.Skipped+t.Rejected || t.Values != t.Recordable+t.Missing+t.BadValues ||
		t.Targets != t.SetTargets+t.SameTargets+t.MissingTargets+t.BadTargets {
		return fmt.Errorf("rows were lost: %+v", t)
	}
	return nil
}

// Skipped counts what one rule skipped.
type Skipped struct {
	Rule string
	Rows int
}

// RowError is one thing wrong with a row; a row may have several.
type RowError struct {
	Line   int    // physical line
	Column string // empty where the whole row is meant
	Value  string // at most 80 characters of it
	Remedy string // what is wrong and what would mend it
}

// Notice is something worth a look.
type Notice struct{ Code, Detail string }
