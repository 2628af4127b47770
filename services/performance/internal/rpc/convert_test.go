package rpc

import (
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/performance/internal/domain"
)

// Events carry all of a measure but its version, and it is read back.
func TestReadMeasure(t *testing.T) {
	at, baseline := time.Date(2027, 1, 2, 3, 4, 5, 6000, time.UTC), 0.1
	want := domain.Measure{
		Meta: domain.Meta{Version: 3, CreateTime: at, UpdateTime: at.Add(time.Hour)}, Organization: "o", ID: "m", DisplayName: "Response time",
		Description: "d", Kind: "OUTCOME", Unit: "minutes", Direction: domain.MaintainRange, Frequency: domain.Quarterly, Baseline: &baseline,
		Targets: []domain.Target{{Start: "2027-01-01", End: "2027-12-31", Value: 1.5, Upper: 2.5}},
		Links:   []domain.Link{{Subject: "organizations/o/programs/fire", Weight: 2, Contribution: domain.Supports}},
		Owner:   "chief", Source: "dispatch", VitalSign: true,
		Rebasings:  []domain.Rebasing{{Start: "2027-01-01", Reason: "a new station", RecordedBy: "ann", RecordTime: at}},
		Dimensions: []domain.Dimension{{Dimension: "south", Kind: domain.District, DisplayName: "South side"}},
	}
	message, err := Message(want)
	if err != nil {
		t.Fatal(err)
	}
	archived, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadMeasure(archived)
	if want.Version = 0; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range [][]byte{nil, {255}} {
		if _, err := ReadMeasure(bad); err == nil {
			t.Errorf("%v became a measure", bad)
		}
	}
}
