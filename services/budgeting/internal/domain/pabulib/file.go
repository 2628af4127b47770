// Package pabulib reads participatory-budgeting elections in the Pabulib format, .pb (Stolicki, Szufa and Talmon, arXiv:2012.06539).
package pabulib

import (
	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

// Limits of one file.
const (
	MaxBytes    = 256 << 20
	MaxProjects = shares.MaxProjects
	MaxVoters   = shares.MaxVoters
	MaxEntries  = 100_000_000 // projects named on all ballots together
)

// File is one election as its file tells it.
type File struct {
	Meta     []Pair // in order, as written
	Currency string // ISO 4217; empty where the file names none
	Rule     string // the official rule as Pabulib names it, e.g. "greedy" or "equalshares/add1"
	Rows     []Row  // by project
	Voters   []string
	// Fields counts, for every column that has no meaning here (ages, sexes, names of places), how many of its fields are filled.
	Fields   []Count
	Election shares.Election
}

// Pair is one line of META.
type Pair struct{ Key, Value string }

// Row is what the file says of a project besides its id, cost and first category, which are in the election.
type Row struct {
	Line       int
	Name       string
	Categories []string
	Targets    []string // groups of people it is for
	Votes      *int64   // ballots that name it, as the file counts them
	Score      *int64   // sum of points, as the file counts them
	Selected   *bool    // by the official rule
}

// Count is how many fields of an ignored column are filled.
type Count struct {
	Section, Column string
	Filled          int
}

// Value is the first value of a key of META.
func (f *File) Value(key string) (string, bool) {
	for _, p := range f.Meta {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}

// voteTypes are the vote types as files name them.
var voteTypes = map[string]shares.VoteType{
	"approval": shares.Approval, "choose-1": shares.ChooseOne, "ordinal": shares.Ordinal, "cumulative": shares.Cumulative, "scoring": shares.Scoring,
}
