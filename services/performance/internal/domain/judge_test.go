package domain

import (
	"slices"
	"testing"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/fault"
)

func reasonOf(err error) string { return fault.Reason(err) }

func TestJudgeSeries(t *testing.T) {
	less, within, bare, ended := counts("m", 1), counts("m", 1), counts("m", 1), counts("m", 1)
	less.Direction, within.Direction, bare.Targets = Decrease, MaintainRange, nil
	within.Targets[0].Upper = 13
	ended.Targets[0].End = "2027-03-31"
	spiked, gaps := append(year(12), 20), from(less, "2027-06", 1, 2, 3, 4, 5, 6)
	for i := range gaps { // a value every third month, the last long ago, all revised
		first, _ := Monthly.Ordinal("2025-01-01")
		gaps[i].Period, gaps[i].Revision = Monthly.Start(first+3*i), 2
	}
	tests := []struct {
		name     string
		measure  Measure
		series   []Observation
		want     Evidence
		distance int // magnitude in thousandths; 0 where there is none
	}{
		{"no values", less, nil, Evidence{
			Status: Unknown, Variation: analysis.InsufficientData, Assurance: analysis.NoTarget, StatusWord: analysis.StatusUnknown,
			Basis: analysis.ByNothing, Provisional: true, Reason: "Not usable: There is no value.",
		}, 0},
		// Mean 12.5 and mean moving range 1 make limits 2.66 away; 20 lies 7.5 above.
		{"up is worse", less, from(less, "2027-06", spiked...), Evidence{
			Period: "2027-06-01", Value: 20, Revision: 1, Target: 10, Status: Missed, MarginPPM: -PPM, Variation: analysis.Concerning,
			Assurance: analysis.HitOrMiss, StatusWord: analysis.StatusAtRisk, Basis: analysis.ByLimits, Quality: 90 + 5, Usable: true, Points: 13,
			Reason: "The OUTSIDE_LIMITS signal (HIGH) over 1 point is current and unfavourable. " +
				"Some values within the natural limits meet the target, others miss it.",
		}, -2820},
		{"a range has no better side", within, from(within, "2027-06", year(12)...), Evidence{
			Period: "2027-06-01", Value: 13, Revision: 1, Target: 10, Upper: 13, Status: Met, Variation: analysis.CommonCause,
			Assurance: analysis.HitOrMiss, StatusWord: analysis.StatusWatch, Basis: analysis.ByLimits, Quality: 100, Usable: true, Points: 12,
			Reason: "No signal reaches the latest point: the process varies as it usually does. " +
				"Some values within the natural limits meet the target, others miss it.",
		}, 0},
		{"no target", bare, from(bare, "2027-06", year(12)...), Evidence{
			Period: "2027-06-01", Value: 13, Revision: 1, Status: Unknown, Variation: analysis.CommonCause, Assurance: analysis.NoTarget,
			StatusWord: analysis.StatusStable, Basis: analysis.ByLimits, Quality: 90, Usable: true, Points: 12,
			Reason: "No signal reaches the latest point: the process varies as it usually does. The latest point has no target.",
		}, 188},
		{"the latest value that has a target", ended, from(ended, "2027-06", year(12)...), Evidence{
			Period: "2027-03-01", Value: 12, Revision: 1, Target: 10, Status: Met, MarginPPM: 200_000, Variation: analysis.CommonCause,
			Assurance: analysis.NoTarget, StatusWord: analysis.StatusStable, Basis: analysis.ByLimits, Quality: 90, Usable: true, Points: 12,
			Reason: "No signal reaches the latest point: the process varies as it usually does. The latest point has no target.",
		}, 188},
		{"poor data", less, gaps, Evidence{
			Period: "2026-04-01", Value: 6, Revision: 2, Status: Unknown, Variation: analysis.Concerning, Assurance: analysis.NoTarget,
			StatusWord: analysis.StatusAtRisk, Basis: analysis.ByYearBefore, Provisional: true, Points: 6,
			Reason: "Not usable: the data's quality of 0 is below 50: 6 values make provisional verdicts; 12 make full ones; " +
				"10 of 16 periods from the first to the last have no value; 12 periods after the last value are overdue; " +
				"6 of 6 values were revised; the latest point has no target.",
		}, -940},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Judge(tt.measure, tt.series, analysis.NHS1, june)
			if err != nil {
				t.Fatal(err)
			}
			if tt.distance == 0 != (got.MagnitudeMilli == nil) || got.MagnitudeMilli != nil && *got.MagnitudeMilli != tt.distance {
				t.Errorf("magnitude %v, want %d", got.MagnitudeMilli, tt.distance)
			}
			if got.SeriesHash != tt.measure.SeriesHash(tt.series) || len(got.SeriesHash) != 64 {
				t.Errorf("hash %s", got.SeriesHash)
			}
			got.MagnitudeMilli, got.SeriesHash = nil, ""
			tt.want.Measure, tt.want.Direction = "m", tt.measure.Direction
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestSeriesHash(t *testing.T) {
	m := counts("m", 1)
	series := from(m, "2027-01", 0.1, 7)
	hash := m.SeriesHash(series)
	// printf '2026-12-01\t0.1\t1\t\t\n2027-01-01\t7\t1\t10\t\n' | sha256sum
	if want := "823d4b1a82c6d8b4aa8db7b81d2f44bba8e20b974e9c64dbc3e9563a593d8883"; hash != want {
		t.Errorf("hash %s, want %s", hash, want)
	}
	within := m
	within.Direction = MaintainRange
	revised, other := slices.Clone(series), counts("m", 1)
	revised[0].Revision++
	other.Targets[0].Value++
	for name, h := range map[string]string{
		"a range": within.SeriesHash(series), "another revision": m.SeriesHash(revised), "another target": other.SeriesHash(series),
		"fewer values": m.SeriesHash(series[1:]),
	} {
		if h == hash {
			t.Errorf("%s has the same hash", name)
		}
	}
	if other.Targets[0].Upper = 99; m.SeriesHash(series) != hash {
		t.Error("the upper end counts without a range")
	}
}

func TestExplain(t *testing.T) {
	m := counts("a", 1)
	series := from(m, "2027-06", year(12)...)
	rev := publish(t, Published{}, june, speaks{m, year(12)})
	name := m.Name()
	tampered := slices.Clone(series)
	tampered[3].Value = 99
	revised := append(slices.Clone(series), from(m, "2027-07", 12)...)
	revised[0].Revision, revised[1].Revision = 2, 3
	for _, tt := range []struct {
		name       string
		then, now  []Observation
		reproduced bool
		changed    int
	}{
		{"as published", series, series, true, 0},
		{"values came later", series, revised, true, 3},
		{"values that are not those published", tampered, tampered, false, 0},
		{"values are gone", series[1:], series[1:], false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := rev.Explain(name, tt.then, tt.now)
			if err != nil {
				t.Fatal(err)
			}
			if e.Reproduced != tt.reproduced || e.ChangedSince != tt.changed || e.SeriesHash != m.SeriesHash(tt.then) || e.Evidence.Weight != 0 {
				t.Errorf("%+v", e)
			}
		})
	}
	rev.Judged[0].Evidence.Variation = analysis.Improving
	if e, _ := rev.Explain(name, series, series); e.Reproduced {
		t.Error("another verdict was published, and yet it is reproduced")
	}
	if _, err := rev.Explain("organizations/o/measures/b", nil, nil); reasonOf(err) != "MEASURE_NOT_IN_RESULTS" {
		t.Errorf("explained a stranger: %v", err)
	}
}
