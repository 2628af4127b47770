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
		rules := ValueRules(r.GetValueRules())
		if err := rules.Check("value_rules"); err != nil {
			return err
		}
		rows, refused := readRows(ids[0], rules, first, r.GetRows())
		rejected := int64(len(r.GetRows()) - len(rows))
		done, err := s.app.RecordObservations(stream.Context(), ids[0], id.Principal(), rows)
		if err != nil {
			return err
		}
		done.Errors = append(done.Errors, refused...)
		done.Rejected += rejected
		add(total, done)
		first += int64(len(r.GetRows()))
	}
}

func add(total *performancev1.RecordObservationsResponse, done domain.Recorded) {
	total.Accepted += done.Accepted
	total.Revised += done.Revised
	total.Duplicate += done.Duplicate
	total.Rejected += done.Rejected
	total.Missing += done.Missing
	slices.SortStableFunc(done.Errors, func(a, b domain.RowError) int { return cmp.Compare(a.At, b.At) })
	room := maxRowErrors - len(total.GetErrors())
	for _, e := range done.Errors[:min(room, len(done.Errors))] {
		total.Errors = append(total.Errors, &performancev1.RowError{Row: e.At, Field: e.Field, Reason: e.Reason, Message: e.Message})
	}
}

// ListObservations implements performancev1.PerformanceServiceServer.
func (s *Server) ListObservations(ctx context.Context, r *performancev1.ListObservationsRequest) (*performancev1.ListObservationsResponse, error) {
	key, err := measureKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	asOf, schema := wire.FromTime(r.GetAsOf()), app.ObservationList
	selects := r.GetParent() + "@" + asOf.Format(time.RFC3339Nano)
	if r.GetAllRevisions() {
		schema, selects = app.RevisionList, selects+" in all revisions"
	}
	q, err := listing.Of(r, selects, schema)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListObservations(ctx, key, asOf, r.GetAllRevisions(), q)
	return &performancev1.ListObservationsResponse{Observations: rpc.Each(page.Items, observationProto), NextPageToken: page.Next}, err
}
