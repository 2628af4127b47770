package model

func (e *encoder) plan(p *Plan) {
	e.int(`{"schema":`, int64(p.Schema))
	e.text(`,"engine_version":`, p.EngineVersion)
	e.text(`,"method":`, string(p.Method))
	e.text(`,"input_hash":`, p.InputHash)
	e.text(`,"outcome":`, string(p.Outcome))
	e.totals(&p.Totals)
	e.raw(`,"overall":`)
	e.waterfall(&p.Overall)
	list(e, `,"waterfall":`, p.Waterfall, (*encoder).waterfall)
	list(e, `,"funds":`, p.Funds, (*encoder).fundResult)
	list(e, `,"blocks":`, p.Blocks, (*encoder).block)
	e.lines(p.Lines)
	list(e, `,"shortfalls":`, p.Shortfalls, (*encoder).shortfall)
	list(e, `,"flags":`, p.Flags, func(e *encoder, f *Flag) {
		e.text(`{"program":`, f.Program)
		e.optText(`,"goal":`, f.Goal)
		e.optText(`,"attribute":`, f.Attribute)
		e.int(`,"halves":`, f.Halves)
		e.raw("}")
	})
	optList(e, `,"programs":`, p.Programs, (*encoder).programNote)
	optList(e, `,"cut_lines":`, p.CutLines, (*encoder).drawnLine)
	if p.WithoutEquity != nil {
		e.raw(`,"without_equity":`)
		e.plan(p.WithoutEquity)
	}
	optList(e, `,"packages":`, p.Packages, (*encoder).packageResult)
	if p.Search != nil {
		e.search(p.Search)
	}
	if p.Shares != nil {
		e.shares(p.Shares)
	}
	e.raw("}")
}

func (e *encoder) totals(t *Totals) {
	e.int(`,"totals":{"gross_base":`, t.GrossBase)
	e.int(`,"gross_amount":`, t.GrossAmount)
	e.int(`,"net_base":`, t.NetBase)
	e.int(`,"net_amount":`, t.NetAmount)
	e.int(`,"change":`, t.Change)
	e.int(`,"revenue_lost":`, t.RevenueLost)
	e.int(`,"short":`, t.Short)
	e.int(`,"surplus":`, t.Surplus)
	e.int(`,"remainder":`, t.Remainder)
	e.optInt(`,"priority_value":`, t.PriorityValue)
	e.optInt(`,"one_time":`, t.OneTime)
	e.optInt(`,"grants_lost":`, t.GrantsLost)
	e.optInt(`,"positions_short":`, t.PositionsShort)
	e.optInt(`,"equity_cost":`, t.EquityCost)
	e.raw("}")
}

func (e *encoder) waterfall(w *Waterfall) {
	e.text(`{"fund":`, w.Fund)
	e.int(`,"total":`, w.Total)
	e.int(`,"net":`, w.Net)
	list(e, `,"steps":`, w.Steps, func(e *encoder, s *Step) {
		e.text(`{"name":`, string(s.Name))
		e.int(`,"amount":`, s.Amount)
		e.raw("}")
	})
	e.int(`,"movable":`, w.Movable)
	e.int(`,"available":`, w.Available)
	e.int(`,"to_share":`, w.ToShare)
	e.int(`,"gap":`, w.Gap)
	e.raw("}")
}

func (e *encoder) fundResult(r *FundResult) {
	e.text(`{"fund":`, r.Fund)
	e.int(`,"available":`, r.Available)
	e.int(`,"fixed":`, r.Fixed)
	e.int(`,"revenue":`, r.Revenue)
	e.int(`,"competing":`, r.Competing)
	e.int(`,"surplus":`, r.Surplus)
	e.int(`,"remainder":`, r.Remainder)
	e.int(`,"block":`, int64(r.Block))
	if n := r.Next; n != nil {
		e.text(`,"next":{"program":`, n.Program)
		e.text(`,"fund":`, n.Fund)
		e.optBool(`,"one_time":`, n.OneTime)
		e.raw("}")
	}
	e.optInt(`,"one_time":`, r.OneTime)
	e.optInt(`,"one_time_used":`, r.OneTimeUsed)
	e.raw("}")
}

func (e *encoder) block(b *Block) {
	e.int(`{"id":`, int64(b.ID))
	e.texts(`,"funds":`, b.Funds)
	e.optTexts(`,"one_time_funds":`, b.OneTime)
	e.int(`,"lines":`, int64(b.Lines))
	e.text(`,"direction":`, string(b.Direction))
	e.text(`,"rate":{"num":`, b.Rate.Num)
	e.text(`,"den":`, b.Rate.Den)
	e.int(`},"base":`, b.Base)
	e.int(`,"amount":`, b.Amount)
	e.int(`,"supply":`, b.Supply)
	e.bool(`,"exhausted":`, b.Exhausted)
	e.int(`,"short":`, b.Short)
	if c := b.Cut; c != nil {
		e.int(`,"cut":{"demand":`, c.Demand)
		e.int(`,"supply":`, c.Supply)
		e.raw("}")
	}
	e.raw("}")
}

func (e *encoder) lines(lines []Line) {
	program := ""
	list(e, `,"lines":`, lines, func(e *encoder, l *Line) {
		e.line(l, program)
		program = l.Program
	})
}

// line writes what does not follow from the rest of the line, or from the program of the line before: see lineForm.
func (e *encoder) line(l *Line, before string) {
	e.raw("{")
	if l.Program != before {
		e.text(`"program":`, l.Program)
		e.raw(",")
	}
	e.text(`"fund":`, l.Fund)
	if l.Treatment != Competes {
		e.text(`,"treatment":`, string(l.Treatment))
	}
	e.optBool(`,"one_time":`, l.OneTime)
	e.unless(1, `,"cost_lines":`, int64(l.CostLines))
	e.unless(l.Base+l.Revenue, `,"gross":`, l.Gross)
	e.optInt(`,"revenue":`, l.Revenue)
	e.int(`,"base":`, l.Base)
	e.optInt(`,"floor":`, l.Floor)
	e.unless(l.usualMovable(), `,"movable":`, l.Movable)
	e.optInt(`,"score_bp":`, l.ScoreBP)
	e.unless(l.Base, `,"min":`, l.Min)
	e.unless(l.Base, `,"max":`, l.Max)
	e.optInt(`,"odd":`, l.Odd)
	e.unless(l.Base, `,"amount":`, l.Amount)
	e.unless(l.Amount-l.Base, `,"change":`, l.Change)
	reason, block := l.usualPlace()
	if l.Reason != reason {
		e.text(`,"reason":`, string(l.Reason))
	}
	e.unless(int64(block), `,"block":`, int64(l.Block))
	e.optInt(`,"revenue_lost":`, l.RevenueLost)
	if !l.usuallyPaid() {
		e.payments(l.Paid)
	}
	e.raw("}")
}

func (e *encoder) payments(paid []Payment) {
	e.raw(`,"paid":[`)
	for i := range paid {
		if i > 0 {
			e.raw(",")
		}
		p := &paid[i]
		e.text(`{"fund":`, p.Fund)
		e.int(`,"amount":`, p.Amount)
		e.optInt(`,"one_time":`, p.OneTime)
		e.raw("}")
	}
	e.raw("]")
}

func (e *encoder) shortfall(s *Shortfall) {
	e.texts(`{"funds":`, s.Funds)
	e.optTexts(`,"ongoing":`, s.Ongoing)
	list(e, `,"lines":`, s.Lines, func(e *encoder, l *RequiredLine) {
		e.text(`{"program":`, l.Program)
		e.text(`,"fund":`, l.Fund)
		e.text(`,"treatment":`, string(l.Treatment))
		e.int(`,"amount":`, l.Amount)
		e.optText(`,"citation":`, l.Citation)
		e.optBool(`,"one_time":`, l.OneTime)
		e.raw("}")
	})
	e.int(`,"required":`, s.Required)
	e.int(`,"available":`, s.Available)
	e.int(`,"short":`, s.Short)
	optList(e, `,"later":`, s.Later, func(e *encoder, l *LaterFund) {
		e.text(`{"fund":`, l.Fund)
		e.int(`,"year":`, l.Year)
		e.raw("}")
	})
	optList(e, `,"packages":`, s.Packages, func(e *encoder, p *RequiredPackage) {
		e.text(`{"package":`, p.Package)
		e.text(`,"program":`, p.Program)
		e.int(`,"amount":`, p.Amount)
		e.raw("}")
	})
	e.raw("}")
}
