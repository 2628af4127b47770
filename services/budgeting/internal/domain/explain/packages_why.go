package explain

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// choice tells package i of the plan.
func (s *shopper) choice(i int) Choice {
	s.out, s.reason = nil, ""
	r := &s.plan.Packages[i]
	at := slices.IndexFunc(s.in.Programs, func(p model.Program) bool { return p.ID == r.Program })
	p, q := &s.in.Programs[at], s.scores[at]
	k := s.packageOf(r.Package)
	deals := []deal{}
	if k == nil {
		deals = append(deals, s.deal(p, q, nil, 0))
	} else {
		for j := range k.Levels {
			deals = append(deals, s.deal(p, q, k, j))
		}
	}
	picked := slices.IndexFunc(deals, func(d deal) bool { return d.id == r.Level })
	if picked < 0 {
		s.passedOver(k, q, deals)
	} else {
		s.taken(k, p, deals, picked)
	}
	return Choice{*r, s.reason, s.out}
}

func (s *shopper) packageOf(id string) *model.Package {
	at := slices.IndexFunc(s.in.Packages, func(k model.Package) bool { return k.ID == id })
	if at < 0 {
		return nil
	}
	return &s.in.Packages[at]
}

// result is what became of a package.
func (s *shopper) result(id string) *model.PackageResult {
	return &s.plan.Packages[slices.IndexFunc(s.plan.Packages, func(r model.PackageResult) bool { return r.Package == id })]
}

// holds says whether a reference is met by what was chosen.
func (s *shopper) holds(r model.PackageRef) bool {
	k := s.packageOf(r.Package)
	place := func(id string) int {
		return slices.IndexFunc(k.Levels, func(l model.PackageLevel) bool { return l.ID == id })
	}
	chosen := s.result(r.Package).Level
	return chosen != "" && (r.Level == "" || place(chosen) >= place(r.Level))
}

// reference names what a prerequisite or exclusion is about.
func reference(r model.PackageRef) string {
	if r.Level == "" {
		return fmt.Sprintf("package %q", r.Package)
	}
	return fmt.Sprintf("package %q at level %q or higher", r.Package, r.Level)
}

// costs is what a deal costs, in words.
func (s *shopper) costs(d deal) string {
	switch {
	case d.cost == d.now:
		return s.money(d.now)
	case d.now == 0:
		return s.money(d.cost) + " in later years"
	default:
		return fmt.Sprintf("%s in the budget's year and %s in later years", s.money(d.now), s.money(d.cost-d.now))
	}
}

// taken tells a level that was chosen, and why not a higher one.
func (s *shopper) taken(k *model.Package, p *model.Program, deals []deal, at int) {
	d := deals[at]
	switch {
	case k == nil:
		s.because("%s is chosen, whole: %s.", named(k), s.costs(d))
	case k.ReplacesBase:
		s.because("%s is all of the program's competing cost at one of %d service levels: level %q is picked, at %s.", named(k), len(k.Levels), d.id, s.costs(d))
		s.barred(k, p, at)
	default:
		s.because("%s is chosen at level %q of %d: %s.", named(k), d.id, len(k.Levels), s.costs(d))
	}
	if d.cost > 0 {
		s.say("It is worth %s %s, and %s.", s.per(big.NewInt(d.value), false, d.cost), s.each(), s.priced(d))
	}
	if s.left(d).Sign() < 0 && (k == nil || !k.ReplacesBase) {
		if by := s.needed(k); by != "" {
			s.say("It is worth less than its price, but package %q, which is chosen, needs it.", by)
		} else {
			s.say("It is worth less than its price, but uses money that the other packages would leave over.")
		}
	}
	best := -1
	for j := at + 1; j < len(deals); j++ {
		if deals[j].cost > d.cost && (best < 0 || s.left(deals[j]).Cmp(s.left(deals[best])) > 0) {
			best = j
		}
	}
	if best >= 0 {
		step := deals[best].less(d)
		s.say("Level %q would cost %s more and be worth %s %s of that, and %s%s.", step.id, s.costs(step), s.per(big.NewInt(step.value), false, step.cost), s.each(), s.priced(step), s.verdict(step))
	}
}

// verdict ends the sentence on a step that was not taken.
func (s *shopper) verdict(step deal) string {
	if s.left(step).Sign() < 0 {
		return ": too dear"
	}
	return "; whole levels do not use money to the last unit, and another choice is worth more"
}

// needed finds a package that was chosen and needs this one.
func (s *shopper) needed(k *model.Package) string {
	if k == nil {
		return ""
	}
	for i := range s.in.Packages {
		other := &s.in.Packages[i]
		if s.result(other.ID).Level != "" && slices.ContainsFunc(other.Requires, func(r model.PackageRef) bool { return r.Package == k.ID }) {
			return other.ID
		}
	}
	return ""
}

// barred tells which lower levels law and policy do not let the search pick.
func (s *shopper) barred(k *model.Package, p *model.Program, at int) {
	m := p.Mandate
	if m == nil || !m.Attested {
		return
	}
	for j := range k.Levels[:at] {
		if cost := k.Levels[j].Cost(0); cost < m.Minimum {
			s.say("Level %q, at %s, keeps less than the %s that its attested mandate (%s) asks for.", k.Levels[j].ID, s.money(cost), s.money(m.Minimum), m.Citation)
		}
	}
}

// passedOver tells a package of which no level was chosen, and what would have to change.
func (s *shopper) passedOver(k *model.Package, q int64, deals []deal) {
	best := 0
	for j := range deals {
		if s.left(deals[j]).Cmp(s.left(deals[best])) > 0 {
			best = j
		}
	}
	d := deals[best]
	s.say("%s is not chosen; it would cost %s%s.", named(k), s.costs(d), at(k, d))
	if k != nil && s.tied(k) {
		return
	}
	switch {
	case d.value == 0 && q == 0:
		s.because("Its priority score is 0 %%, so that it adds no value.")
	case d.value == 0:
		s.because("It adds no value: %s.", map[bool]string{true: "its reviewed benefit is 0", false: "it costs less than a rounding unit"}[s.in.Params.PackageValue == model.Benefit])
	case s.left(d).Sign() < 0:
		s.because("It is worth %s %s, and %s: too dear.", s.per(big.NewInt(d.value), false, d.cost), s.each(), s.priced(d))
		fair := new(big.Int).Lsh(big.NewInt(d.value), uint(s.plan.Search.Shift)) //nolint:gosec // a certified shift is from 0 to 60
		fair.Mul(fair, big.NewInt(d.cost)).Quo(fair, d.charged)
		if s.in.Params.PackageValue == model.Benefit {
			s.say("At that price it would be chosen at a cost of about %s.", s.money(fair.Int64()))
		} else {
			if fairScore := s.fairScore(q, d); fairScore <= score.Full {
				s.say("It would be chosen if its priority score were about %s instead of %s.", phrase.Percent(fairScore), phrase.Percent(q))
			} else {
				s.say("Not even a priority score of 100 %% would do, as long as that money is so scarce.")
			}
		}
	default:
		s.because("It is worth %s %s, and %s; but packages are whole, what is left cannot pay it, and another choice is worth more.",
			s.per(big.NewInt(d.value), false, d.cost), s.each(), s.priced(d))
	}
}

// fairScore is the score at which the value of a deal would be what it is charged, to the nearest basis point; it may be beyond 100 %.
func (s *shopper) fairScore(q int64, d deal) int64 {
	v := new(big.Int).Mul(d.charged, big.NewInt(q))
	worth := new(big.Int).Lsh(big.NewInt(d.value), uint(s.plan.Search.Shift)) //nolint:gosec // a certified shift is from 0 to 60
	half := new(big.Int).Rsh(worth, 1)
	return v.Quo(v.Add(v, half), worth).Int64()
}

func at(k *model.Package, d deal) string {
	if k == nil || len(k.Levels) == 1 {
		return ""
	}
	return fmt.Sprintf(" at level %q, the best of %d", d.id, len(k.Levels))
}

// tied says which prerequisite or exclusion keeps a package out.
func (s *shopper) tied(k *model.Package) bool {
	for _, r := range k.Requires {
		if !s.holds(r) {
			s.because("It needs %s, which is not chosen.", reference(r))
			return true
		}
	}
	for _, r := range k.Excludes {
		if s.holds(r) {
			s.because("It may not stand beside %s, which is chosen.", reference(r))
			return true
		}
	}
	for i := range s.in.Packages {
		other := &s.in.Packages[i]
		if s.result(other.ID).Level == "" {
			continue
		}
		for _, r := range other.Excludes {
			if r.Package == k.ID && r.Level == "" {
				s.because("Package %q, which is chosen, excludes it.", other.ID)
				return true
			}
		}
	}
	return false
}
