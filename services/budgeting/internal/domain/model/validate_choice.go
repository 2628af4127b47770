package model

import (
	"fmt"
	"unicode/utf8"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// Limits of packages.
const (
	maxYear    = 9
	maxBenefit = 1_000_000
	maxFTE     = 1_000_000_000
)

// choices checks what voters and PACKAGES choose among, and that the method asks for it.
func (c *checker) choices(in Input) {
	if in.Method != Packages {
		c.Check(len(in.Packages) == 0, "packages", "are answered by %s alone; drop them or change the method", Packages)
		c.Check(len(in.Later) == 0, "later", "is used by %s alone; drop it or change the method", Packages)
	}
	var programs map[string]int
	if len(in.Packages) > 0 || in.Election != nil {
		programs = index(in.Programs, func(p *Program) string { return p.ID })
	}
	c.laterList(in)
	c.packageList(in, programs)
	if in.Method == Packages {
		c.worth(in)
		c.ceilings(in)
	}
	switch {
	case in.Election != nil && !in.Method.ByBallots():
		c.Add("election", "is used by %s and %s alone; drop it or change the method", EqualShares, GreedyVotes)
	case in.Election == nil && in.Method.ByBallots():
		c.Add("election", "is missing; %s decides by its ballots", in.Method)
	case in.Election != nil:
		c.election(in, programs)
	}
}

func replacedBases(packages []Package) map[string]bool {
	out := map[string]bool{}
	for i := range packages {
		if packages[i].ReplacesBase {
			out[packages[i].Program] = true
		}
	}
	return out
}

// fundYear is an envelope of a later year.
type fundYear struct {
	fund string
	year int64
}

func laterYears(later []LaterEnvelope) map[fundYear]bool {
	out := make(map[fundYear]bool, len(later))
	for _, l := range later {
		out[fundYear{l.Fund, l.Year}] = true
	}
	return out
}

func (c *checker) laterList(in Input) {
	seen := map[fundYear]bool{}
	for i, l := range in.Later {
		field := fmt.Sprintf("later[%d]", i)
		c.known(field+".fund", l.Fund)
		c.between(field+".year", l.Year, 1, maxYear)
		c.between(field+".available", l.Available, 0, money.Limit)
		c.Check(!seen[fundYear{l.Fund, l.Year}], field, "repeats fund %q in year %d; add the amounts up", l.Fund, l.Year)
		seen[fundYear{l.Fund, l.Year}] = true
	}
}

func (c *checker) packageList(in Input, programs map[string]int) {
	packages := index(in.Packages, func(p *Package) string { return p.ID })
	seen, replaced, later := map[string]bool{}, map[string]bool{}, laterYears(in.Later)
	for i := range in.Packages {
		p, field := &in.Packages[i], fmt.Sprintf("packages[%d]", i)
		c.unique(seen, field+".id", p.ID)
		c.Check(p.ID != CapitalPackage, field+".id", "%q stands for the capital projects of a program; choose another id", CapitalPackage)
		at, known := programs[p.Program]
		c.Check(known, field+".program", "%q is not one of the programs; add the program or correct the name", p.Program)
		c.valid(field+".title", p.Title)
		c.levels(field, p, later)
		c.refs(field+".requires", p, p.Requires, in.Packages, packages)
		c.refs(field+".excludes", p, p.Excludes, in.Packages, packages)
		if !p.ReplacesBase {
			continue
		}
		c.Check(!replaced[p.Program], field+".replaces_base", "is a second set of service levels of program %q; keep one", p.Program)
		replaced[p.Program] = true
		if known {
			c.mandated(field, p, in.Programs[at].Mandate)
		}
	}
}

// mandated wants a level that keeps an attested mandate's minimum.
func (c *checker) mandated(field string, p *Package, m *Mandate) {
	if m == nil || !m.Attested || len(p.Levels) == 0 {
		return
	}
	var most int64
	for j := range p.Levels {
		most = max(most, p.Levels[j].Cost(0))
	}
	c.Check(most >= m.Minimum, field+".levels", "cost at most %d in the budget's year but the mandate of program %q asks for %d; add a level that keeps it",
		most, p.Program, m.Minimum)
}

func (c *checker) refs(field string, p *Package, refs []PackageRef, all []Package, packages map[string]int) {
	seen := map[PackageRef]bool{}
	for n, r := range refs {
		at := fmt.Sprintf("%s[%d]", field, n)
		i, known := packages[r.Package]
		c.Check(known, at+".package", "%q is not one of the packages; add the package or drop the reference", r.Package)
		c.Check(r.Package != p.ID, at+".package", "is the package itself; drop the reference")
		c.Check(!seen[r], at, "repeats package %q; name it once", r.Package)
		seen[r] = true
		if known && r.Level != "" {
			found := repeats(all[i].Levels, func(l *PackageLevel) bool { return l.ID == r.Level })
			c.Check(found, at+".level", "%q is not a level of package %q; correct the name, or leave it empty for any", r.Level, r.Package)
		}
	}
}

func (c *checker) known(field, fund string) {
	_, ok := c.funds[fund]
	c.Check(ok, field, "%q is not one of the funds; add the fund or correct the name", fund)
}

func (c *checker) valid(field, s string) {
	c.Check(utf8.ValidString(s), field, "is not valid UTF-8; re-encode it")
}
