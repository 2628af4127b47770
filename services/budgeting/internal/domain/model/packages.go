package model

import (
	"slices"
	"strings"
)

// PackageValue says what a package is worth to PACKAGES.
type PackageValue string

// Package values. Both multiply with the priority score of the program.
const (
	PriorityDollars PackageValue = "PRIORITY_DOLLARS" // whole rounding units of its cost, all years
	Benefit         PackageValue = "BENEFIT"          // its reviewed benefit
)

// PackageValues lists every value.
func PackageValues() []PackageValue { return []PackageValue{PriorityDollars, Benefit} }

// CapitalPackage is the package that the CAPITAL_PROJECT lines of a program are under PACKAGES: whole or not at all. Nobody else may use the id.
const CapitalPackage = "capital"

// CapitalLevel is the one level of a capital project.
const CapitalLevel = "whole"

// Package is a decision package: at most one of its levels is chosen. One that replaces the base is the program's service levels: exactly one is
// chosen, and that is all of the program's competing cost, net of program revenue; its COMPETES lines then leave the formula. A level that keeps
// less than the attested mandate, hold-harmless or the equity floor ask for is not chosen, unless no level keeps the latter two. Lines that net
// to a credit stay with their fund whatever is chosen.
type Package struct {
	ID           string         `json:"id"` // unique in the input
	Program      string         `json:"program"`
	Title        string         `json:"title,omitempty"`
	ReplacesBase bool           `json:"replaces_base,omitempty"`
	Levels       []PackageLevel `json:"levels"` // in the order of service, the lowest first: Normalize keeps it
	Requires     []PackageRef   `json:"requires,omitempty"`
	Excludes     []PackageRef   `json:"excludes,omitempty"`
}

// PackageLevel is one level of service.
type PackageLevel struct {
	ID       string        `json:"id"` // unique in the package
	Title    string        `json:"title,omitempty"`
	Costs    []PackageCost `json:"costs,omitempty"`
	Benefit  int64         `json:"benefit,omitempty"` // reviewed points, 0 to 1,000,000
	FTEMilli int64         `json:"fte_milli,omitempty"`
}

// PackageCost is what a level costs a fund in a year; the program's eligible funds may pay too.
type PackageCost struct {
	Fund    string `json:"fund"`
	Year    int64  `json:"year,omitempty"` // after the budget's, 0 to 9
	Amount  int64  `json:"amount"`
	OneTime bool   `json:"one_time,omitempty"` // cost of that year only
}

// PackageRef is another package at a level or higher; an empty level means any.
type PackageRef struct {
	Package string `json:"package"`
	Level   string `json:"level,omitempty"`
}

// LaterEnvelope is what packages may use of a later year of a fund.
type LaterEnvelope struct {
	Fund      string `json:"fund"`
	Year      int64  `json:"year"` // after the budget's, 1 to 9
	Available int64  `json:"available"`
}

// Competing says of each program of a normalized input whether its score decides anything: a line competes, or under PACKAGES a package or a
// capital project does.
func (in *Input) Competing() []bool {
	out := make([]bool, len(in.Programs))
	for i := range in.Programs {
		p := &in.Programs[i]
		out[i] = p.InFormula() || (in.Method == Packages && p.hasProject())
	}
	for i := range in.Packages {
		at, known := slices.BinarySearchFunc(in.Programs, in.Packages[i].Program, func(p Program, id string) int { return strings.Compare(p.ID, id) })
		if known {
			out[at] = true
		}
	}
	return out
}

func (p *Program) hasProject() bool {
	return slices.ContainsFunc(p.CostLines, func(l CostLine) bool { return l.Treatment == CapitalProject })
}

// Cost adds up what the level costs in a year.
func (l *PackageLevel) Cost(year int64) (sum int64) {
	for i := range l.Costs {
		if l.Costs[i].Year == year {
			sum += l.Costs[i].Amount
		}
	}
	return sum
}
