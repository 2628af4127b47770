package domain

import "github.com/throughline/throughline/services/platform/fault"

// Contribution says whether work counts in the progress of what it is for; "" is like CONTRIBUTES.
type Contribution string

// Contributions.
const (
	Contributes Contribution = "CONTRIBUTES"
	Supports    Contribution = "SUPPORTS"
)

// Share is how much a strategy or an objective counts beside its siblings.
type Share struct {
	Weight       int // 0 means 1
	Contribution Contribution
}

// Counts says whether it counts at all in the progress of what it is for.
func (s Share) Counts() bool { return s.Contribution != Supports }

// Parts is the weight, at least 1.
func (s Share) Parts() int64 { return max(1, int64(s.Weight)) }

func (s Share) checkWeight(v *fault.Violations, field string) {
	v.Check(s.Weight >= 0 && s.Weight <= 1000, field, "must lie between 0 and 1,000; 0 means 1")
}
