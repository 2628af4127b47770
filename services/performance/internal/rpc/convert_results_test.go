package rpc

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/performance/internal/domain"
)

// A client that sets no limit of its own takes 4 MiB (grpc-go, MaxCallRecvMsgSize).
const grpcDefault = 4 << 20

// TestRevisionOfABigCityFitsAMessage has 2,000 measures with the longest names there are, each with poor data, whose reasons
// are the longest.
func TestRevisionOfABigCityFitsAMessage(t *testing.T) {
	organization := strings.Repeat("o", 63)
	now := time.Date(2027, 6, 15, 0, 0, 0, 0, time.UTC)
	p := domain.NewPublication(organization, "r", domain.Published{}, "", now)
	for i := range 2000 {
		id := fmt.Sprintf("%s-%04d", strings.Repeat("m", 58), i)
		m := domain.Measure{
			Organization: organization, ID: id, Direction: domain.Increase, Frequency: domain.Monthly,
			Targets: []domain.Target{{Start: "2025-01-01", End: "2025-12-31", Value: 0.123456789}},
			Links: []domain.Link{{
				Subject: domain.OrganizationName(organization) + "/programs/" + strings.Replace(id, "m", "p", 1), Weight: 1, Contribution: domain.Contributes,
			}},
		}
		var series []domain.Observation
		for month := 0; month < 18; month += 3 { // equal, revised, every third month, and none for a year
			series = append(series, domain.Observation{
				Organization: organization, Revision: 1e6, Value: 1.0 / 3, RecordTime: now,
				Cell: domain.Cell{Measure: id, Period: domain.Date(fmt.Sprintf("%d-%02d-01", 2025+month/12, month%12+1))},
			})
		}
		if err := p.Judge(m, series); err != nil {
			t.Fatal(err)
		}
	}
	r := resultsRevisionProto(p.Revision())
	reason := r.GetSignals()[0].GetEvidence()[0].GetReason()
	size := proto.Size(r)
	if len(r.GetSignals()) != 2000 || len(reason) < 250 || size > grpcDefault/2 {
		t.Errorf("%d signals take %d bytes, want at most half of %d; reasons take %d: %s", len(r.GetSignals()), size, grpcDefault, len(reason), reason)
	}
	t.Logf("%d bytes, of which each reason takes %d", size, len(reason))
}
