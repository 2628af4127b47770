package importer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/measurefile"
)

// streamTime bounds the recording of one batch of values, which takes some tens of milliseconds.
const streamTime = time.Minute

// MeasuresTarget says where measures go.
type MeasuresTarget struct {
	Organization string // name
	Progress     func(what string, done, total int)
}

// MeasuresReport is what an import of measures did. Every row of the file's values is in exactly one of the counts of Values, those that
// were never sent because their measure was refused in Rejected.
type MeasuresReport struct {
	Measures Counts
	Refused  int // measures
	Values   Recorded
	Errors   []measurefile.RowError // why measures and values were refused; their count is Refused + Values.Rejected or more
	Unlisted int                    // refused values beyond what the suite lists of a batch
}

// Recorded counts values: Accepted + Revised + Duplicate + Missing + Rejected = rows of the file.
type Recorded struct{ Accepted, Revised, Duplicate, Missing, Rejected int }

// Total is how many values it counts.
func (r Recorded) Total() int { return r.Accepted + r.Revised + r.Duplicate + r.Missing + r.Rejected }

// RunMeasures writes the measures of a file and then its values. What is there already stays as it is: measures gain what the file says
// and lose nothing, targets are replaced period by period, equal values are not recorded again. So running it again changes nothing, and
// a run that was cut short is finished by running it again.
func RunMeasures(ctx context.Context, suite *client.Suite, p *measurefile.Parsed, t MeasuresTarget) (MeasuresReport, error) {
	if t.Progress == nil {
		t.Progress = func(string, int, int) {}
	}
	w := &measureWriter{suite: suite, parsed: p, target: t, refused: map[int]bool{}}
	if err := w.measures(ctx); err != nil {
		return w.report, err
	}
	if err := w.values(ctx); err != nil {
		return w.report, err
	}
	if got := w.report.Values.Total(); got != len(p.Rows) {
		return w.report, fault.New(fault.Internal, "ROWS_LOST", "%s has %d values and the suite answered for %d", p.File, len(p.Rows), got)
	}
	return w.report, nil
}

type measureWriter struct {
	suite   *client.Suite
	parsed  *measurefile.Parsed
	target  MeasuresTarget
	refused map[int]bool // measures, by position
	report  MeasuresReport
}

func (w *measureWriter) name(id string) string { return w.target.Organization + "/measures/" + id }

// measures writes what differs from what is there.
func (w *measureWriter) measures(ctx context.Context) error {
	known, err := w.known(ctx)
	if err != nil {
		return err
	}
	for i := range w.parsed.Measures {
		f := &w.parsed.Measures[i]
		old := known[w.name(f.ID)]
		next := w.merged(old, f)
		w.target.Progress("measures", i+1, len(w.parsed.Measures))
		if old != nil && proto.Equal(old, next) {
			w.report.Measures.Unchanged++
			continue
		}
		_, err := client.Call(ctx, "write measure "+f.ID, w.suite.Performance.UpdateMeasure, &performancev1.UpdateMeasureRequest{
			Measure: next, AllowMissing: old == nil,
		})
		why, _ := fault.As(err)
		switch {
		case err == nil && old == nil:
			w.report.Measures.Created++
		case err == nil:
			w.report.Measures.Updated++
		case why != nil && (why.Kind == fault.Invalid || why.Kind == fault.FailedPrecondition):
			w.refuse(i, why)
		default:
			return err
		}
	}
	return nil
}

// refuse notes that a measure cannot be written; its values are not sent.
func (w *measureWriter) refuse(i int, because *fault.Error) {
	w.report.Refused++
	w.refused[i] = true
	f := &w.parsed.Measures[i]
	for _, v := range because.Violations {
		w.report.Errors = append(w.report.Errors, measurefile.RowError{Line: f.Line, Column: v.Field, Value: f.ID, Remedy: v.Detail})
	}
	if len(because.Violations) == 0 {
		w.report.Errors = append(w.report.Errors, measurefile.RowError{Line: f.Line, Value: f.ID, Remedy: because.Error()})
	}
}

// known reads every measure of the organization, by name.
func (w *measureWriter) known(ctx context.Context) (map[string]*performancev1.Measure, error) {
	known := map[string]*performancev1.Measure{}
	for r := (&performancev1.ListMeasuresRequest{Parent: w.target.Organization, PageSize: batch}); ; {
		page, err := client.Call(ctx, "read measures", w.suite.Performance.ListMeasures, r)
		if err != nil {
			return nil, err
		}
		for _, m := range page.GetMeasures() {
			known[m.GetName()] = m
		}
		if r.PageToken = page.GetNextPageToken(); r.GetPageToken() == "" {
			return known, nil
		}
	}
}

// merged is what the file makes of a measure; old is nil for a new one. What the file does not say stays.
func (w *measureWriter) merged(old *performancev1.Measure, f *measurefile.Facts) *performancev1.Measure {
	m := &performancev1.Measure{Name: w.name(f.ID)}
	if old != nil {
		m = proto.CloneOf(old)
	}
	for _, said := range []struct {
		text string
		into *string
	}{
		{f.DisplayName, &m.DisplayName}, {f.Description, &m.Description}, {f.Unit, &m.Unit}, {f.Owner, &m.Owner}, {f.Source, &m.Source},
	} {
		if said.text != "" {
			*said.into = said.text
		}
	}
	m.Kind = wire.Enum[performancev1.MeasureKind](f.Kind)
	m.Direction = wire.Enum[performancev1.Direction](f.Direction)
	m.Frequency = wire.Enum[performancev1.Frequency](f.Frequency)
	m.Targets = targets(m.GetTargets(), f.Targets)
	for _, s := range f.Links {
		w.link(m, s)
	}
	if d := w.parsed.Mapping.Dimension; d != nil && d.Kind != "" {
		for _, name := range f.Dimensions {
			declare(m, name, wire.Enum[performancev1.DimensionKind](d.Kind))
		}
	}
	return m
}

func (w *measureWriter) link(m *performancev1.Measure, s measurefile.Subject) {
	next := &performancev1.MeasureLink{
		Subject: w.target.Organization + "/" + s.Name, Weight: int32(s.Weight), Contribution: wire.Enum[performancev1.Contribution](s.Contribution),
	}
	at := slices.IndexFunc(m.GetLinks(), func(l *performancev1.MeasureLink) bool { return l.GetSubject() == next.GetSubject() })
	if at < 0 {
		m.Links = append(m.Links, next)
		return
	}
	m.Links[at] = next
}

func declare(m *performancev1.Measure, name string, kind performancev1.DimensionKind) {
	if !slices.ContainsFunc(m.GetDimensions(), func(d *performancev1.Dimension) bool { return d.GetDimension() == name }) {
		m.Dimensions = append(m.Dimensions, &performancev1.Dimension{Dimension: name, Kind: kind})
	}
}

// targets replaces old targets of the same span and adds new ones. One of another span that overlaps stays, and the suite refuses both:
// which holds is for people to say.
func targets(old []*performancev1.Target, filed []measurefile.Target) []*performancev1.Target {
	out := slices.Clone(old)
	at := map[string]int{}
	span := func(t *performancev1.Target) string {
		return wire.FromDate[string](t.GetStartDate()) + " " + wire.FromDate[string](t.GetEndDate())
	}
	for i, t := range old {
		at[span(t)] = i
	}
	for _, t := range filed {
		next := &performancev1.Target{StartDate: dateOf(t.Start), EndDate: dateOf(t.End), Value: t.Value, UpperValue: t.Upper}
		if i, known := at[span(next)]; known {
			out[i] = next
			continue
		}
		out = append(out, next)
	}
	return out
}

func dateOf(d measurefile.Day) *date.Date {
	y, m, day := d.Split()
	return &date.Date{Year: int32(y), Month: int32(m), Day: int32(day)}
}

// values streams the values, and counts those of refused measures as rejected.
func (w *measureWriter) values(ctx context.Context) error {
	rows := make([]int, 0, len(w.parsed.Rows))
	for i := range w.parsed.Rows {
		r := &w.parsed.Rows[i]
		if w.refused[r.Measure] {
			w.report.Values.Rejected++
			w.report.Errors = append(w.report.Errors, measurefile.RowError{
				Line: r.Line, Column: r.Column, Value: r.Text, Remedy: "its measure " + w.parsed.Measures[r.Measure].ID + " was refused",
			})
			continue
		}
		rows = append(rows, i)
	}
	done := 0
	for some := range slices.Chunk(rows, batch) {
		answer, err := w.record(ctx, some, func() { w.target.Progress("values", done+len(some), len(rows)) })
		if err != nil {
			return client.Fault(fmt.Sprintf("record values %d to %d of %d", done+1, done+len(some), len(rows)), err)
		}
		w.count(some, answer)
		done += len(some)
	}
	return nil
}

// record sends rows as one message, which is a transaction, and a stream of its own: so each is acknowledged before the next is sent, and
// what the suite tells of a stream, at most a thousand errors, is enough for a message.
func (w *measureWriter) record(ctx context.Context, rows []int, sent func()) (*performancev1.RecordObservationsResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, streamTime)
	defer cancel()
	r := &performancev1.RecordObservationsRequest{
		Parent: w.target.Organization, ValueRules: w.parsed.Mapping.ValueRules.Proto(), Rows: make([]*performancev1.ObservationRow, 0, len(rows)),
	}
	for _, i := range rows {
		r.Rows = append(r.Rows, w.row(&w.parsed.Rows[i]))
	}
	stream, err := w.suite.Performance.RecordObservations(ctx)
	if err != nil {
		return nil, err
	}
	_ = stream.Send(r) // when it fails, CloseAndRecv tells why
	sent()
	return stream.CloseAndRecv()
}

func (w *measureWriter) row(r *measurefile.Row) *performancev1.ObservationRow {
	out := &performancev1.ObservationRow{
		Measure: w.name(w.parsed.Measures[r.Measure].ID), PeriodStart: dateOf(r.Start), Dimension: r.Dimension,
		Source: fmt.Sprintf("%s:%d", w.parsed.File, r.Line),
	}
	if r.Number {
		out.Value = &r.Value
	} else {
		out.Text = &r.Text
	}
	return out
}

// count adds what the suite answered, and places its errors in the file.
func (w *measureWriter) count(rows []int, answer *performancev1.RecordObservationsResponse) {
	v := &w.report.Values
	v.Accepted += int(answer.GetAccepted())
	v.Revised += int(answer.GetRevised())
	v.Duplicate += int(answer.GetDuplicate())
	v.Missing += int(answer.GetMissing())
	v.Rejected += int(answer.GetRejected())
	listed := map[int64]bool{}
	for _, e := range answer.GetErrors() {
		if e.GetRow() < 0 || e.GetRow() >= int64(len(rows)) {
			continue // counted below
		}
		listed[e.GetRow()] = true
		r := &w.parsed.Rows[rows[e.GetRow()]]
		w.report.Errors = append(w.report.Errors, measurefile.RowError{Line: r.Line, Column: r.Column, Value: r.Text, Remedy: e.GetField() + " " + e.GetMessage()})
	}
	w.report.Unlisted += int(answer.GetRejected()) - len(listed)
}
