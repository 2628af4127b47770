package domain

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestJudge(t *testing.T) {
	tests := []struct {
		name      string
		direction Direction
		target    Target
		value     float64
		status    Status
		margin    int
	}{
		{"reached", Increase, Target{Value: 90}, 90, Met, 0},
		{"beyond", Increase, Target{Value: 80}, 90, Met, 125_000},
		{"short", Increase, Target{Value: 80}, 60, Missed, -250_000},
		{"less is better", Decrease, Target{Value: 8}, 6, Met, 250_000},
		{"more is worse", Decrease, Target{Value: 8}, 10, Missed, -250_000},
		{"far beyond is clamped", Increase, Target{Value: 1}, 50, Met, PPM},
		{"far short is clamped", Decrease, Target{Value: 1}, 50, Missed, -PPM},
		{"target zero, reached", Decrease, Target{}, 0, Met, 0},
		{"target zero, missed", Decrease, Target{}, 1, Missed, -PPM},
		{"negative target", Increase, Target{Value: -10}, -5, Met, 500_000},
		{"inside the range, near its lower end", MaintainRange, Target{Value: 10, Upper: 20}, 12, Met, 200_000},
		{"inside the range, near its upper end", MaintainRange, Target{Value: 10, Upper: 20}, 19, Met, 50_000},
		{"at the end", MaintainRange, Target{Value: 10, Upper: 20}, 20, Met, 0},
		{"below the range", MaintainRange, Target{Value: 10, Upper: 20}, 5, Missed, -500_000},
		{"above the range", MaintainRange, Target{Value: 10, Upper: 20}, 25, Missed, -250_000},
		{"the largest numbers", Increase, Target{Value: -math.MaxFloat64}, math.MaxFloat64, Met, PPM},
		{"the smallest target", Increase, Target{Value: math.SmallestNonzeroFloat64}, -1, Missed, -PPM},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, margin := tt.target.Judge(tt.direction, tt.value); status != tt.status || margin != tt.margin {
				t.Errorf("%s by %d, want %s by %d", status, margin, tt.status, tt.margin)
			}
		})
	}
}

// whole draws numbers whose sums and products are exact.
func whole(t *rapid.T, label string) float64 {
	return float64(rapid.IntRange(-1000, 1000).Draw(t, label))
}

func drawTarget(t *rapid.T) (Direction, Target, float64) {
	d := rapid.SampledFrom([]Direction{Increase, Decrease, MaintainRange}).Draw(t, "direction")
	target := Target{Value: whole(t, "target")}
	target.Upper = target.Value + math.Abs(whole(t, "width"))
	return d, target, whole(t, "value")
}

func TestUnitsAreNeutral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, target, value := drawTarget(t)
		scale, shift := float64(rapid.IntRange(1, 1000).Draw(t, "scale")), whole(t, "shift")
		status, margin := target.Judge(d, value)
		scaled, scaledMargin := Target{Value: target.Value * scale, Upper: target.Upper * scale}.Judge(d, value*scale)
		if scaled != status || scaledMargin != margin {
			t.Errorf("scaled: %s by %d, not %s by %d", scaled, scaledMargin, status, margin)
		}
		if shifted, _ := (Target{Value: target.Value + shift, Upper: target.Upper + shift}).Judge(d, value+shift); shifted != status {
			t.Errorf("shifted: %s, not %s", shifted, status)
		}
	})
}

func TestMirrors(t *testing.T) {
	mirror := map[Direction]Direction{Increase: Decrease, Decrease: Increase, MaintainRange: MaintainRange}
	rapid.Check(t, func(t *rapid.T) {
		d, target, value := drawTarget(t)
		mirrored := Target{Value: -target.Value}
		if d == MaintainRange {
			mirrored = Target{Value: -target.Upper, Upper: -target.Value}
		}
		status, margin := target.Judge(d, value)
		mirroredStatus, mirroredMargin := mirrored.Judge(mirror[d], -value)
		if d == MaintainRange && value-target.Value == target.Upper-value {
			margin, mirroredMargin = 0, 0 // both ends are as near, and the first one is taken
		}
		if status != mirroredStatus || margin != mirroredMargin {
			t.Errorf("%s by %d, mirrored %s by %d", status, margin, mirroredStatus, mirroredMargin)
		}
		if status == Met && margin < 0 || status == Missed && margin > 0 {
			t.Errorf("%s by %d", status, margin)
		}
	})
}
