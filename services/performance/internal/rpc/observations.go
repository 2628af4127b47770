package rpc

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// maxRowErrors bounds the answer of a stream.
const maxRowErrors = 1000

// RecordObservations implements performancev1.PerformanceServiceServer. Each message is a transaction: an error that ends
// the stream leaves those before it recorded, and sending the stream again finds them as duplicates.
func (s *Server) RecordObservations(
	stream grpc.ClientStreamingServer[performancev1.RecordObservationsRequest, performancev1.RecordObservationsResponse],
) error {
	id, _ := authn.FromContext(stream.Context())
	total := &performancev1.RecordObservationsResponse{}
	for first := int64(0); ; {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(total)
		}
		if err != nil {
			return err
		}
		ids, err := organizationName.Parse("parent", r.GetParent())
		if err != nil {
			return err
		}
		rows, refused := readRows(ids[0], first, r.GetRows())
		done, err := s.app.RecordObservations(stream.Context(), ids[0], id.Principal(), rows)
		if err != nil {
			return err
		}
		done.Errors = append(done.Errors, refused...)
		done.Rejected += int64(len(r.GetRows()) - len(rows))
		add(total, done)
		first += int64(len(r.GetRows()))
	}
}

func add(total *performancev1.RecordObservationsResponse, done domain.Recorded) {
	total.Accepted += done.Accepted
	total.Revised += done.Revised
	total.Duplicate += done.Duplicate
	total.Rejected += done.Rejected
	slices.SortStableFunc(done.Errors, func(a, b domain.RowError) int { return cmp.Compare(a.At, b.At) })
	room := maxRowErrors - len(total.GetErrors())
	for _, e := range done.Errors[:min(room, len(done.Errors))] {
		total.Errors = append(total.Errors, &performancev1.RowError{Row: e.At, Field: e.Field, Reason: e.Reason, Message: e.Message})
	}
}

// readRows separates the rows that can be recorded from what is wrong with the others. first is the position of rows[0].
func readRows(organization string, first int64, rows []*performancev1.ObservationRow) (good []domain.Row, refused []domain.RowError) {
	good = make([]domain.Row, 0, len(rows))
	for i, r := range rows {
		at := first + int64(i)
		row, bad := readRow(organization, r)
		if len(bad) == 0 {
			row.At = at
			good = append(good, row)
		}
		for _, v := range bad {
			refused = append(refused, domain.RowError{At: at, Field: v.Field, Reason: domain.ReasonInvalid, Message: v.Detail})
		}
	}
	return good, refused
}

func readRow(organization string, r *performancev1.ObservationRow) (domain.Row, fault.Violations) {
	var bad fault.Violations
	if f, ok := fault.As(rpc.Validate(r)); ok {
		bad = f.Violations
	}
	key, err := measureKey("measure", r.GetMeasure())
	if r.GetMeasure() != "" {
		if f, ok := fault.As(err); ok {
			bad = append(bad, f.Violations...)
		} else if key.Organization != organization {
			bad.Add("measure", "%s is not a measure of %s, the parent", r.GetMeasure(), domain.OrganizationName(organization))
		}
	}
	bad.Check(r.Value != nil, "value", "is required, because unknown is not zero; leave the row out until it is known")
	return domain.Row{
		Cell: domain.Cell{
			Measure: key.Measure, Period: wire.FromDate[domain.Date](r.GetPeriodStart()), Dimension: r.GetDimension(),
		},
		Value: r.GetValue(), Source: r.GetSource(),
	}, bad
}

// ListObservations implements performancev1.PerformanceServiceServer.
func (s *Server) ListObservations(ctx context.Context, r *performancev1.ListObservationsRequest) (*performancev1.ListObservationsResponse, error) {
	key, err := measureKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	asOf := wire.FromTime(r.GetAsOf())
	q, err := listing.Of(r, r.GetParent()+"@"+asOf.Format(time.RFC3339Nano), app.ObservationList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListObservations(ctx, key, asOf, q)
	return &performancev1.ListObservationsResponse{Observations: rpc.Each(page.Items, observationProto), NextPageToken: page.Next}, err
}
