package actionplanning_test

import (
	"fmt"
	"syscall"
	"testing"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
)

// cpu is the processor time spent so far, in milliseconds.
func cpu() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}

// BenchmarkTenThousandMilestones is a plan of ten thousand in one chain: written, shown in time, and a cycle through all of it refused.
func BenchmarkTenThousandMilestones(b *testing.B) {
	f := start(b)
	ctx := f.as(b, "mia", "manager")
	_, objective := f.strategy(b)
	name := func(i int) string { return fmt.Sprintf("%s/milestones/m%05d", objective, i) }
	const n = 10_000
	for b.Loop() {
		from := cpu()
		for batch := range n / 1000 {
			rows := make([]*actionplanningv1.Milestone, 1000)
			for i := range rows {
				at := batch*1000 + i
				rows[i] = planned(day(2027, 1, 1), day(2027, 1, 1))
				rows[i].Name, rows[i].DisplayName, rows[i].Weight = name(at), "Step", int32(b.N%1000)
				if at > 0 {
					rows[i].DependsOn = []string{name(at - 1)}
				}
			}
			_, err := f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: rows})
			must(b, err)
		}
		written := cpu()
		got, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: planName, PageSize: 10_000})
		must(b, err)
		if len(got.GetEntries()) != n || len(got.GetCriticalPath()) != n {
			b.Fatalf("%d entries, a path of %d", len(got.GetEntries()), len(got.GetCriticalPath()))
		}
		seen := cpu()
		_, err = f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{Milestone: &actionplanningv1.Milestone{Name: name(0), DependsOn: []string{name(n - 1)}}})
		if err == nil {
			b.Fatal("a cycle was taken")
		}
		b.ReportMetric(written-from, "cpu-ms-written")
		b.ReportMetric(seen-written, "cpu-ms-timeline")
		b.ReportMetric(cpu()-seen, "cpu-ms-cycle")
	}
}
