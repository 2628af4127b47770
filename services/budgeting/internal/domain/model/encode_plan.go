package model

import (
	"bytes"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

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
	e.lines(p)
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

// lines writes the lines of each program in a row: see linesForm.
func (e *encoder) lines(p *Plan) {
	if p.Lines == nil {
		e.raw(`,"lines":null`)
		return
	}
	funds := p.places()
	names := make([][]byte, len(p.Funds)) // as they are written
	for k := range p.Funds {
		names[k] = appendText(nil, p.Funds[k].Fund)
	}
	b := e.b
	b = append(b, `,"lines":[`...)
	for from := 0; from < len(p.Lines); {
		to := from + ofProgram(p.Lines[from:])
		score := usualScore(p.Lines[from:to])
		b = appendText(append(b, `{"program":`...), p.Lines[from].Program)
		b = appendUnless(b, 0, `,"score_bp":`, score)
		b = append(b, `,"lines":[`...)
		for ; from < to; from++ {
			l := &p.Lines[from]
			k := funds.Find(l.Fund)
			if b = append(b, '['); k >= 0 {
				b = append(b, names[k]...)
			} else {
				b = appendText(b, l.Fund)
			}
			b = append(l.append(b, l.usual(p, k, score)), ',')
		}
		b[len(b)-1] = ']'
		b = append(b, '}', ',')
	}
	e.b = append(bytes.TrimSuffix(b, []byte{','}), ']')
}

// append writes a line as lineForm says, from behind its fund.
func (l *Line) append(b []byte, u usual) []byte {
	b = money.Append(append(b, ','), l.Base)
	if l.Min != l.Base || l.Amount != l.Base {
		b = money.Append(append(b, ','), l.Min)
		b = money.Append(append(b, ','), l.Amount)
	}
	bare := len(b)
	b = append(b, ',', '{')
	if l.Treatment != Competes {
		b = append(appendText(append(b, `"treatment":`...), string(l.Treatment)), ',')
	}
	if l.OneTime {
		b = append(b, `"one_time":true,`...)
	}
	b = appendOther(b, 1, `"cost_lines":`, int64(l.CostLines))
	b = appendOther(b, 0, `"revenue":`, l.Revenue)
	b = appendOther(b, 0, `"floor":`, l.Floor)
	b = appendOther(b, u.movable, `"movable":`, l.Movable)
	b = appendOther(b, u.score, `"score_bp":`, l.ScoreBP)
	b = appendOther(b, l.Base, `"max":`, l.Max)
	b = appendOther(b, 0, `"odd":`, l.Odd)
	if l.Reason != u.reason {
		b = append(appendText(append(b, `"reason":`...), string(l.Reason)), ',')
	}
	b = appendOther(b, int64(u.block), `"block":`, int64(l.Block))
	b = appendOther(b, 0, `"revenue_lost":`, l.RevenueLost)
	if !l.usuallyPaid() {
		b = append(appendPayments(b, l.Paid), ',')
	}
	if last := len(b) - 1; b[last] == ',' {
		b[last] = '}'
	} else {
		b = b[:bare]
	}
	return append(b, ']')
}

// appendOther writes v, and a comma behind it, where it is not the usual value.
func appendOther(b []byte, usual int64, key string, v int64) []byte {
	if v == usual {
		return b
	}
	return append(appendField(b, key, v), ',')
}

func appendPayments(b []byte, paid []Payment) []byte {
	b = append(b, `"paid":[`...)
	for i := range paid {
		if i > 0 {
			b = append(b, ',')
		}
		p := &paid[i]
		b = appendText(append(b, `{"fund":`...), p.Fund)
		b = appendField(b, `,"amount":`, p.Amount)
		b = append(appendUnless(b, 0, `,"one_time":`, p.OneTime), '}')
	}
	return append(b, ']')
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
