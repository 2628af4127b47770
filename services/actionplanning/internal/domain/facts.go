package domain

import (
	"math/big"
	"strconv"
	"time"
)

// Facts are all that a review looks at.
type Facts struct {
	Objective   Objective
	Today       Date
	Assignments []Assignment // those of the objective
	Purpose     Purpose
	Measure     MeasureFacts
	Funding     Funding
}

// PlanState says where a plan stands.
type PlanState string

// States of a plan.
const (
	PlanDraft      PlanState = "DRAFT"
	PlanSubmitted  PlanState = "SUBMITTED"
	PlanAdopted    PlanState = "ADOPTED"
	PlanSuperseded PlanState = "SUPERSEDED"
)

// Purpose is the goal that an objective's strategy serves, and its plan.
type Purpose struct {
	Goal  string // name
	Found bool   // goal and plan exist; what follows is unset otherwise
	Plan  string // name
	State PlanState
	Start Date
	End   Date // the last day
}

// Direction says which way a measure gets better.
type Direction string

// Directions.
const (
	Increase      Direction = "INCREASE"
	Decrease      Direction = "DECREASE"
	MaintainRange Direction = "MAINTAIN_RANGE"
)

// MeasureTarget is what a measure is to reach on the days from Start to End. Upper is the range's end for MAINTAIN_RANGE, and unused otherwise.
type MeasureTarget struct {
	Start, End   Date
	Value, Upper float64
}

// MeasureFacts are what is known of an objective's measure.
type MeasureFacts struct {
	Found     bool
	Direction Direction
	Baseline  *float64 // nil: not said
	Targets   []MeasureTarget
}

// on is the target that holds on a day.
func (m MeasureFacts) on(day Date) (MeasureTarget, bool) {
	for _, t := range m.Targets {
		if t.Start <= day && day <= t.End {
			return t, true
		}
	}
	return MeasureTarget{}, false
}

// FiscalYears are those from First to Last.
type FiscalYears struct{ First, Last int }

// FiscalYearsOf are the fiscal years that have one of the days from start to end. A year is named for the day on which it ends and starts with
// month, 1 to 12.
func FiscalYearsOf(start, end Date, month int) FiscalYears {
	year := func(d Date) int {
		t, err := time.Parse(time.DateOnly, string(d))
		if err != nil {
			return 0
		}
		if month > 1 && int(t.Month()) >= month {
			return t.Year() + 1
		}
		return t.Year()
	}
	return FiscalYears{year(start), year(end)}
}

// Hold says whether year is among them.
func (y FiscalYears) Hold(year int) bool { return y.First <= year && year <= y.Last }

// Funding is what is known of the money and people that an objective needs.
type Funding struct {
	Currency   string // the organization's
	Program    bool   // the program that is to pay exists
	Allocation string // name of the adopted allocation of the latest budget of the work's fiscal years; "" while none is adopted
	Given      Money  // what that allocation gives the program, all its work together
	Request    Request
}

// Request is what is known of the funding request that an objective waits for.
type Request struct {
	Found    bool   // what follows is unset otherwise
	Program  string // name
	Asks     Money
	FTEMilli int64
	InTime   bool   // its budget is of one of the work's fiscal years
	Decided  string // name of the adopted allocation of its budget; "" while it is open
}

// positive says whether m is said and more than nothing.
func (m *Money) positive() bool { return m != nil && (m.Units > 0 || m.Units == 0 && m.Nanos > 0) }

// Covers says whether m is at least cost, of the same currency.
func (m Money) Covers(cost Money) bool {
	return m.Units > cost.Units || m.Units == cost.Units && m.Nanos >= cost.Nanos
}

// Plus adds an amount of the same currency.
func (m Money) Plus(o Money) Money {
	nanos := int64(m.Nanos) + int64(o.Nanos)
	m.Units += o.Units + nanos/nanosPerUnit
	nanos %= nanosPerUnit
	switch { // units and nanos have one sign
	case m.Units > 0 && nanos < 0:
		m.Units, nanos = m.Units-1, nanos+nanosPerUnit
	case m.Units < 0 && nanos > 0:
		m.Units, nanos = m.Units+1, nanos-nanosPerUnit
	}
	m.Nanos = int32(nanos)
	return m
}

// Max is the greater of two amounts of the same currency.
func (m Money) Max(o Money) Money {
	if m.Covers(o) {
		return m
	}
	return o
}

const nanosPerUnit = 1_000_000_000

// String is the amount as people write it, such as "USD 1250.50".
func (m Money) String() string {
	if m.Nanos == 0 {
		return m.CurrencyCode + " " + strconv.FormatInt(m.Units, 10)
	}
	exact := new(big.Rat).SetFrac64(int64(m.Nanos), nanosPerUnit)
	exact.Add(exact, new(big.Rat).SetInt64(m.Units))
	digits := 2
	if m.Nanos%10_000_000 != 0 {
		digits = 9
	}
	return m.CurrencyCode + " " + exact.FloatString(digits)
}
