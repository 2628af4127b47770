package budgetfile

import (
	"fmt"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// makeFunds gives every fund its kind and envelope; a fund that no rule matches is a misfit of the mapping.
func (b *builder) makeFunds() error {
	sums := map[Side]map[string]int64{Revenue: {}, Expenditure: {}}
	for _, l := range b.out.ControlTotals.Lines {
		if l.Version == b.m.Version {
			sum := sums[l.Side][l.FundCode]
			b.add(&sum, l.Amount)
			sums[l.Side][l.FundCode] = sum
		}
	}
	from := b.m.Envelope
	if from == EnvelopeAuto {
		from = EnvelopeExpenditure
		if len(sums[Revenue]) > 0 {
			from = EnvelopeRevenue
		}
	}
	rules := make([]*condition, len(b.m.Funds))
	for i, r := range b.m.Funds {
		rules[i] = r.When.bind(nil)
	}
	misfit := fault.New(fault.Invalid, "MAPPING_MISFIT", "the mapping does not fit the files")
	for _, code := range sortedKeys(b.funds) {
		f := Fund{
			ID: tabular.ResourceID("f", code), Code: code, Name: b.funds.first(code),
			Revenue: sums[Revenue][code], Expenditure: sums[Expenditure][code],
		}
		f.Envelope = f.Expenditure
		if from == EnvelopeRevenue {
			f.Envelope = f.Revenue
		}
		if !b.classify(&f, rules) {
			misfit.Violations = append(misfit.Violations, fault.Violation{
				Field:  "funds",
				Detail: fmt.Sprintf("no rule matches fund %s %q: add one", code, f.Name),
			})
		}
		if f.Envelope < f.Expenditure {
			b.notice("fund-short", "fund %s %s: %d minor units available, %d to spend", code, f.Name, f.Envelope, f.Expenditure)
		}
		b.out.Funds = append(b.out.Funds, f)
	}
	if len(misfit.Violations) > 0 {
		return misfit
	}
	return nil
}

func (b *builder) classify(f *Fund, rules []*condition) bool {
	d := dims{dimFund: f.Code, dimFundName: f.Name}
	for i, c := range rules {
		if c.match(&d, nil) {
			f.Kind, f.GASB54 = b.m.Funds[i].Kind, b.m.Funds[i].GASB54
			return true
		}
	}
	return false
}

// expectations ties the totals to the published ones.
func (b *builder) expectations() {
	for i, e := range b.m.Expect {
		d, err := (Number{}).parse(e.Total)
		if err != nil {
			continue // validated
		}
		want, _, err := d.scaled(wire.MinorDigits(b.m.Currency), 1, false)
		got := b.out.ControlTotals.Total(e.Side, e.Version)
		if err != nil || got != want {
			b.mismatch(Mismatch{What: fmt.Sprintf("%s %s", e.Version, e.Side), Want: want, Got: got, WantFrom: fmt.Sprintf("expect[%d]", i)})
		}
	}
}

// lookAt notes what a person should see: rules that never matched and names that drift.
func (b *builder) lookAt() {
	for i, r := range b.m.Treatments {
		if b.out.ControlTotals.Rules[i].Lines == 0 {
			b.notice("unused-rule", "treatment rule %s decided no line of version %s", r.Name, b.m.Version)
		}
	}
	for i, used := range b.alignmentUsed {
		if !used {
			b.notice("unused-rule", "alignment[%d] matched no program", i)
		}
	}
	for _, n := range []struct {
		what  string
		names names
	}{{"fund", b.funds}, {"department", b.departments}, {"program", b.programNames}} {
		for _, code := range sortedKeys(n.names) {
			if known := n.names[code]; len(known) > 1 {
				b.notice("name-drift", "%s %s is called %s; the first is kept", n.what, code, strings.Join(known, " | "))
			}
		}
	}
}
