package model

func (e *encoder) pack(p *Package) {
	e.text(`{"id":`, p.ID)
	e.text(`,"program":`, p.Program)
	e.optText(`,"title":`, p.Title)
	e.optBool(`,"replaces_base":`, p.ReplacesBase)
	list(e, `,"levels":`, p.Levels, (*encoder).packageLevel)
	optList(e, `,"requires":`, p.Requires, (*encoder).packageRef)
	optList(e, `,"excludes":`, p.Excludes, (*encoder).packageRef)
	e.raw("}")
}

func (e *encoder) packageLevel(l *PackageLevel) {
	e.text(`{"id":`, l.ID)
	e.optText(`,"title":`, l.Title)
	optList(e, `,"costs":`, l.Costs, func(e *encoder, c *PackageCost) {
		e.text(`{"fund":`, c.Fund)
		e.optInt(`,"year":`, c.Year)
		e.int(`,"amount":`, c.Amount)
		e.optBool(`,"one_time":`, c.OneTime)
		e.raw("}")
	})
	e.optInt(`,"benefit":`, l.Benefit)
	e.optInt(`,"fte_milli":`, l.FTEMilli)
	e.raw("}")
}

func (e *encoder) packageRef(r *PackageRef) {
	e.text(`{"package":`, r.Package)
	e.optText(`,"level":`, r.Level)
	e.raw("}")
}

func (e *encoder) election(v *Election) {
	e.text(`,"election":{"fund":`, v.Fund)
	e.int(`,"budget":`, v.Budget)
	e.text(`,"kind":`, string(v.Kind))
	e.text(`,"rule":{"completion":`, string(v.Rule.Completion))
	e.text(`,"utility":`, string(v.Rule.Utility))
	list(e, `},"projects":`, v.Projects, func(e *encoder, p *Project) {
		e.text(`{"program":`, p.Program)
		e.int(`,"cost":`, p.Cost)
		e.raw("}")
	})
	list(e, `,"ballots":`, v.Ballots, func(e *encoder, b *Ballot) {
		e.text(`{"voter":`, b.Voter)
		list(e, `,"votes":`, b.Votes, func(e *encoder, v *Vote) {
			e.text(`{"project":`, v.Project)
			e.int(`,"points":`, v.Points)
			e.raw("}")
		})
		e.raw("}")
	})
	e.raw("}")
}

func (e *encoder) programNote(n *ProgramNote) {
	e.text(`{"program":`, n.Program)
	e.optInt(`,"positions_short":`, n.PositionsShort)
	optList(e, `,"grants_lost":`, n.GrantsLost, func(e *encoder, g *GrantLost) {
		e.text(`{"id":`, g.ID)
		e.int(`,"award":`, g.Award)
		e.int(`,"needs":`, g.Needs)
		e.text(`,"reason":`, string(g.Reason))
		e.raw("}")
	})
	e.raw("}")
}

func (e *encoder) drawnLine(l *DrawnLine) {
	e.text(`{"program":`, l.Program)
	e.texts(`,"funds":`, l.Funds)
	e.optTexts(`,"one_time_funds":`, l.OneTime)
	e.int(`,"demand":`, l.Demand)
	e.int(`,"supply":`, l.Supply)
	e.raw("}")
}

func (e *encoder) packageResult(r *PackageResult) {
	e.text(`{"package":`, r.Package)
	e.text(`,"program":`, r.Program)
	e.optText(`,"level":`, r.Level)
	e.int(`,"value":`, r.Value)
	e.int(`,"amount":`, r.Amount)
	optList(e, `,"paid":`, r.Paid, func(e *encoder, p *PackagePaid) {
		e.text(`{"fund":`, p.Fund)
		e.optInt(`,"year":`, p.Year)
		e.optInt(`,"carried":`, p.Carried)
		e.int(`,"amount":`, p.Amount)
		e.optInt(`,"one_time":`, p.OneTime)
		e.raw("}")
	})
	e.raw("}")
}

func (e *encoder) search(s *Search) {
	e.int(`,"search":{"value":`, s.Value)
	e.int(`,"bound":`, s.Bound)
	e.int(`,"dual_bound":`, s.DualBound)
	list(e, `,"prices":`, s.Prices, func(e *encoder, p *FundPrice) {
		e.text(`{"fund":`, p.Fund)
		e.optInt(`,"year":`, p.Year)
		e.optBool(`,"one_time":`, p.OneTime)
		e.int(`,"price":`, p.Price)
		e.raw("}")
	})
	e.int(`,"shift":`, s.Shift)
	e.int(`,"states":`, s.States)
	e.raw("}")
}

func (e *encoder) shares(s *SharesNote) {
	e.int(`,"shares":{"voters":`, s.Voters)
	e.int(`,"budget":`, s.Budget)
	e.int(`,"divided":`, s.Divided)
	e.optInt(`,"steps":`, s.Steps)
	e.optText(`,"stop":`, string(s.Stop))
	e.int(`,"spent":`, s.Spent)
	list(e, `,"rounds":`, s.Rounds, (*encoder).sharesRound)
	if r := s.Refused; r != nil {
		e.int(`,"refused":{"divided":`, r.Divided)
		e.int(`,"cost":`, r.Cost)
		list(e, `,"rounds":`, r.Rounds, (*encoder).sharesRound)
		e.raw("}")
	}
	optList(e, `,"rest":`, s.Rest, func(e *encoder, r *SharesRest) {
		e.text(`{"program":`, r.Program)
		e.int(`,"supporters":`, r.Supporters)
		e.int(`,"score":`, r.Score)
		e.optInt(`,"money":`, r.Money)
		e.optInt(`,"remaining":`, r.Remaining)
		e.raw("}")
	})
	e.raw("}")
}

func (e *encoder) sharesRound(r *SharesRound) {
	e.text(`{"program":`, r.Program)
	e.text(`,"phase":`, string(r.Phase))
	e.int(`,"cost":`, r.Cost)
	e.int(`,"supporters":`, r.Supporters)
	e.int(`,"score":`, r.Score)
	if r.Rate != nil {
		e.text(`,"rate":{"num":`, r.Rate.Num)
		e.text(`,"den":`, r.Rate.Den)
		e.raw("}")
	}
	e.optInt(`,"full":`, r.Full)
	e.optInt(`,"emptied":`, r.Emptied)
	e.raw("}")
}
