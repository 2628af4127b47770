package model

import "fmt"

// worth refuses to weigh what nobody reviewed.
func (c *checker) worth(in Input) {
	if in.Params.PackageValue != Benefit {
		return
	}
	for i := range in.Programs {
		for j, l := range in.Programs[i].CostLines {
			if l.Treatment == CapitalProject && l.Amount > 0 {
				c.Add(spot{program: i}.in("cost_lines", j).field("treatment"),
					"is %s, which has no benefit that %s could weigh; make them packages with a reviewed benefit, or value packages by %s", CapitalProject, Benefit, PriorityDollars)
			}
		}
	}
}

// ceilings refuses packages that could bring their program above its cap or the most that hold-harmless allows: whole packages cannot be
// trimmed, and which of several would have to stay out is nobody's rule.
func (c *checker) ceilings(in Input) {
	reach := map[string]int64{} // the dearest levels of each program with packages
	replaced := replacedBases(in.Packages)
	for i := range in.Packages {
		var dearest int64
		for j := range in.Packages[i].Levels {
			dearest = max(dearest, in.Packages[i].Levels[j].Cost(0))
		}
		reach[in.Packages[i].Program] += dearest
	}
	for i := range in.Programs {
		p := &in.Programs[i]
		most, offered := reach[p.ID]
		if !offered {
			continue
		}
		if !replaced[p.ID] {
			most += p.base()
		}
		if p.Cap != nil {
			c.Check(most <= *p.Cap, fmt.Sprintf("programs[%d].cap", i), "is %d but its base and packages may come to %d; raise the cap or drop the levels beyond it", *p.Cap, most)
		}
		if p.HoldHarmless != nil {
			_, high := p.HoldHarmless.Range()
			c.Check(most <= high, fmt.Sprintf("programs[%d].hold_harmless", i),
				"allows at most %d but its base and packages may come to %d; raise max_increase_ppm or drop the levels beyond it", high, most)
		}
	}
}

// base is what the competing lines come to, net.
func (p *Program) base() (sum int64) {
	for i := range p.CostLines {
		if p.CostLines[i].Treatment == Competes {
			sum += p.CostLines[i].Amount
		}
	}
	for i := range p.Revenue {
		sum -= p.Revenue[i].Amount
	}
	return sum
}
