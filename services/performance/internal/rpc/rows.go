package rpc

import (
	"math"
	"strconv"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/type/date"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/quantity"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
)

// Longest texts of a row, in characters, as ObservationRow declares them.
const (
	maxDimension = 100
	maxSource    = 500
	maxText      = 200
)

// ValueRules are the rules by which texts become values.
func ValueRules(r *performancev1.ValueRules) quantity.Rules {
	return quantity.Rules{
		DecimalComma: r.GetDecimalComma(), Percent: wire.FromEnum[quantity.Percent](r.GetPercent()),
		Units: r.GetUnits(), Missing: r.GetMissing(),
	}
}

// rowReader turns the rows of one message into the domain's. Rows are many and say the same measures and periods again and
// again: each is taken apart once, and the rules beside the fields of ObservationRow are checked by hand.
type rowReader struct {
	organization string
	rules        quantity.Rules
	measures     map[string]string // name to id
	periods      map[calendarDay]domain.Date
	at           int64 // the row being read
	refused      []domain.RowError
}

type calendarDay struct{ year, month, day int32 }

// readRows separates the rows that can be recorded from what is wrong with the others. first is the position of rows[0].
func readRows(
	organization string, rules quantity.Rules, first int64, rows []*performancev1.ObservationRow,
) (good []domain.Row, refused []domain.RowError) {
	reader := rowReader{organization: organization, rules: rules, measures: map[string]string{}, periods: map[calendarDay]domain.Date{}}
	good = make([]domain.Row, 0, len(rows))
	for i, r := range rows {
		reader.at = first + int64(i)
		faults := len(reader.refused)
		row := reader.read(r)
		if len(reader.refused) == faults {
			good = append(good, row)
		}
	}
	return good, reader.refused
}

// read is the row, unless refusals were added.
func (r *rowReader) read(m *performancev1.ObservationRow) domain.Row {
	row := domain.Row{At: r.at, Source: m.GetSource()}
	row.Measure, row.Period, row.Dimension = r.measure(m.GetMeasure()), r.period(m.GetPeriodStart()), m.GetDimension()
	r.limit("dimension", row.Dimension, maxDimension)
	r.limit("source", row.Source, maxSource)
	r.limit("text", m.GetText(), maxText)
	if math.IsNaN(m.GetValue()) || math.IsInf(m.GetValue(), 0) {
		r.refuse("value", domain.ReasonInvalid, "must be a finite number")
	}
	switch {
	case m.Value != nil && m.Text != nil:
		r.refuse("text", domain.ReasonInvalid, "is set beside value; send one of them")
	case m.Value != nil:
		row.Value = m.GetValue()
	case m.Text != nil:
		row.Value, row.Missing = r.text(m.GetText())
	default:
		r.refuse("value", domain.ReasonInvalid, "is required, or text is, because unknown is not zero; leave the row out until it is known")
	}
	return row
}

// measure is the id in a name.
func (r *rowReader) measure(name string) string {
	id, known := r.measures[name]
	if known {
		return id
	}
	if name == "" {
		r.refuse("measure", domain.ReasonInvalid, "must not be empty")
		return ""
	}
	key, err := measureKey("measure", name)
	if f, bad := fault.As(err); bad {
		r.refuse("measure", domain.ReasonInvalid, f.Violations[0].Detail)
		return ""
	}
	if key.Organization != r.organization {
		r.refuse("measure", domain.ReasonInvalid, name+" is not a measure of "+domain.OrganizationName(r.organization)+", the parent")
		return ""
	}
	r.measures[name] = key.Measure
	return key.Measure
}

func (r *rowReader) period(d *date.Date) domain.Date {
	if d == nil {
		r.refuse("period_start", domain.ReasonInvalid, "is required")
		return ""
	}
	day := calendarDay{d.GetYear(), d.GetMonth(), d.GetDay()}
	period, known := r.periods[day]
	if !known {
		period = wire.FromDate[domain.Date](d)
		r.periods[day] = period
	}
	return period
}

func (r *rowReader) text(text string) (value float64, missing bool) {
	value, known, err := quantity.Parse(text, r.rules)
	if err != nil {
		r.refuse("text", domain.ReasonNotUnderstood, err.Error())
		return 0, false
	}
	return value, !known
}

func (r *rowReader) limit(field, text string, most int) {
	if len(text) > most && utf8.RuneCountInString(text) > most {
		r.refuse(field, domain.ReasonInvalid, "must be at most "+strconv.Itoa(most)+" characters")
	}
}

func (r *rowReader) refuse(field, reason, message string) {
	r.refused = append(r.refused, domain.RowError{At: r.at, Field: field, Reason: reason, Message: message})
}
