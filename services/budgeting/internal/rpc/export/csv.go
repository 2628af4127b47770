package export

import (
	"io"
	"strconv"
)

// csvColumns are the columns of CSV, in order. New ones are added at the end, none is renamed or moved.
var csvColumns = []string{
	"program",     // id
	"title",       // of the program
	"department",  //
	"fund",        // code
	"base",        // of the costs that the fund carries
	"fixed",       // part of allocated that is outside the formula
	"floor",       // what attested mandates protect of the costs that the fund carries
	"allocated",   // what the fund pays, and what nobody pays of the costs that it carries
	"change",      // allocated less base
	"score",       // points of 100, of the whole program
	"reason_code", // of the whole program
	"reason",      //
	"adjusted",    // allocated with council's adjustments
	"unpaid",      // part of allocated that no fund can pay: zero unless the money does not suffice
	"flagged",     // true when a median stands in for an unknown alignment
	"currency",    // ISO 4217
	"fund_id",     //
}

// WriteCSV writes one row a program and fund that carries or pays its costs: RFC 4180 in UTF-8 without a byte-order mark, amounts as plain decimal
// numbers with the currency's digits. base, fixed, floor, allocated, change, adjusted and unpaid add up to the program's over its rows. Rows stream;
// there is no limit.
func WriteCSV(w io.Writer, b *Book) error {
	t, err := newTable(w, b.Allocation.Currency, csvColumns)
	if err != nil {
		return err
	}
	err = b.each(func(p program) error {
		reason, score := p.Reason(), decimal(p.ScoreBP, scoreDecimals)
		for i := range p.parts {
			of := &p.parts[i]
			t.text(p.Program, p.DisplayName, p.Department, b.fundCode(of.fund))
			t.money(of.base, of.fixed, of.floor, of.allocated, of.change())
			t.row = append(t.row, score)
			t.text(p.ReasonCode, reason).money(of.adjusted(), of.unpaid)
			t.text(strconv.FormatBool(p.Flagged), b.Allocation.Currency, of.fund)
			if err := t.end(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.flush()
}
