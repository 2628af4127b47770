package wire_test

import (
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"

	"github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/wire"
)

func TestDate(t *testing.T) {
	for text, want := range map[string]*date.Date{
		"2027-07-01": {Year: 2027, Month: 7, Day: 1},
		"":           nil,
	} {
		got := wire.Date(text)
		if got.String() != want.String() {
			t.Errorf("Date(%q) = %v, want %v", text, got, want)
		}
		if back := wire.FromDate[string](got); back != text {
			t.Errorf("FromDate(Date(%q)) = %q", text, back)
		}
	}
	if got := wire.FromDate[string](&date.Date{Year: 2027, Month: 2, Day: 30}); got != "2027-02-30" {
		t.Errorf("an impossible day became %q", got)
	}
}

func TestEnum(t *testing.T) {
	if got := wire.Enum[goalsv1.PlanState]("ADOPTED"); got != goalsv1.PlanState_PLAN_STATE_ADOPTED {
		t.Errorf("Enum(ADOPTED) = %v", got)
	}
	if got := wire.FromEnum[string](goalsv1.PlanState_PLAN_STATE_ADOPTED); got != "ADOPTED" {
		t.Errorf("FromEnum = %q", got)
	}
	if got := wire.Enum[goalsv1.PlanState]("NONSENSE"); got != 0 {
		t.Errorf("an unknown text became %v", got)
	}
	if got := wire.FromEnum[string](goalsv1.PlanState(0)); got != "" {
		t.Errorf("unspecified became %q", got)
	}
}

func TestTime(t *testing.T) {
	at := time.Date(2027, 7, 1, 12, 0, 0, 5000, time.UTC)
	if got := wire.FromTime(wire.Time(at)); !got.Equal(at) {
		t.Errorf("there and back: %v", got)
	}
	if wire.Time(time.Time{}) != nil || !wire.FromTime(nil).IsZero() {
		t.Error("zero must be unset")
	}
}
