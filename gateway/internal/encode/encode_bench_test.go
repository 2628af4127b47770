package encode_test

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/throughline/throughline/gateway/internal/encode"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

// BenchmarkAppend is a page of 500 goals.
func BenchmarkAppend(b *testing.B) {
	page := &goalsv1.ListGoalsResponse{}
	at := timestamppb.New(time.Date(2027, 7, 1, 12, 30, 0, 123_456_000, time.UTC))
	for i := range 500 {
		page.Goals = append(page.Goals, &goalsv1.Goal{
			Name: fmt.Sprintf("organizations/riverbend/plans/p/goals/g%d", i), DisplayName: "Neighborhoods where people feel safe",
			Description: "Residents of every district say that they feel safe walking alone after dark, and calls for help are answered in time.",
			Scale:       goalsv1.Scale_SCALE_CITY, Lens: goalsv1.Lens_LENS_HEALTHY_PHYSICAL, MeasuresOfSuccess: []string{"Share who feel safe", "Minutes to answer"},
			Preserve: []string{"Trust"}, OwnerRole: "Chief of police", Etag: "1", CreateTime: at, UpdateTime: at,
		})
	}
	b.Run("append", func(b *testing.B) {
		var text []byte
		for b.Loop() {
			var err error
			if text, err = encode.Append(text[:0], page); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("protojson", func(b *testing.B) {
		var text []byte
		for b.Loop() {
			var err error
			if text, err = (protojson.MarshalOptions{EmitUnpopulated: true}).MarshalAppend(text[:0], page); err != nil {
				b.Fatal(err)
			}
		}
	})
}
