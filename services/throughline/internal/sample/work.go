package sample

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/client"
)

// rowsPerMessage is how many observations travel in one message of the stream.
const rowsPerMessage = 500

func (l *loader) staff(ctx context.Context) error {
	ctx, err := l.as(ctx, "hr-system", "hr")
	if err != nil {
		return err
	}
	r := &actionplanningv1.SyncStaffRequest{
		Parent: l.city.Organization.GetName(), SyncId: "sample-city", Mode: actionplanningv1.SyncMode_SYNC_MODE_DELTA,
	}
	err = readCSV(l.path("staff.csv"), func(row map[string]string) error {
		fte, err := strconv.ParseFloat(row["fte"], 64)
		if err != nil {
			return fmt.Errorf("fte: %w", err)
		}
		r.Rows = append(r.Rows, &actionplanningv1.StaffRow{
			ExternalId: row["external_id"], DisplayName: row["display_name"], Title: row["title"], Department: row["department"],
			ManagerExternalId: row["manager_external_id"], Position: row["position"], FtePpm: int32(fte*1_000_000 + 0.5),
			WorkerType: row["worker_type"], Subject: row["subject"],
		})
		return nil
	})
	if err != nil {
		return err
	}
	done, err := client.Call(ctx, "sync staff", l.suite.ActionPlanning.SyncStaff, r)
	if err == nil && done.GetRejected() > 0 {
		err = fmt.Errorf("%d staff rows were refused, the first: %s", done.GetRejected(), done.GetErrors()[0].GetMessage())
	}
	return err
}

func (l *loader) action(ctx context.Context) error {
	ctx, err := l.as(ctx, "city-manager", "manager")
	if err != nil {
		return err
	}
	for _, s := range l.city.Strategies {
		_, err := client.Call(ctx, "create "+s.GetName(), l.suite.ActionPlanning.CreateStrategy, &actionplanningv1.CreateStrategyRequest{
			Parent: parent(s.GetName()), StrategyId: last(s.GetName()), Strategy: s,
		})
		if err := unlessExists(err); err != nil {
			return err
		}
	}
	for _, o := range l.city.Objectives {
		_, err := client.Call(ctx, "create "+o.GetName(), l.suite.ActionPlanning.CreateObjective, &actionplanningv1.CreateObjectiveRequest{
			Parent: parent(o.GetName()), ObjectiveId: last(o.GetName()), Objective: o,
		})
		if err := unlessExists(err); err != nil {
			return err
		}
	}
	for _, a := range l.city.Work {
		_, err := client.Call(ctx, "create "+a.GetName(), l.suite.ActionPlanning.CreateAssignment, &actionplanningv1.CreateAssignmentRequest{
			Parent: parent(a.GetName()), AssignmentId: last(a.GetName()), Assignment: a,
		})
		if err := unlessExists(err); err != nil {
			return err
		}
	}
	return nil
}

// requests sets what the budget files do not say (restrictions, alignment, mandates, asks) and attests it.
func (l *loader) requests(ctx context.Context) error {
	ctx, err := l.as(ctx, "finance-director", "finance")
	if err != nil {
		return err
	}
	for _, f := range l.city.Funds {
		_, err := client.Call(ctx, "restrict "+f.GetName(), l.suite.Budgeting.UpdateFund, &budgetingv1.UpdateFundRequest{
			Fund: f, UpdateMask: populated(f.ProtoReflect()),
		})
		if err != nil {
			return err
		}
	}
	attest := &budgetingv1.AttestFundingRequestsRequest{
		Parent: parent(l.city.Allocation.GetName()), Evidence: l.city.Evidence,
		Aspects: []budgetingv1.RequestAspect{
			budgetingv1.RequestAspect_REQUEST_ASPECT_BASE, budgetingv1.RequestAspect_REQUEST_ASPECT_MANDATE,
			budgetingv1.RequestAspect_REQUEST_ASPECT_ALIGNMENT,
		},
	}
	for i, r := range l.city.Requests {
		_, err := client.Call(ctx, "complete "+r.GetName(), l.suite.Budgeting.UpdateFundingRequest, &budgetingv1.UpdateFundingRequestRequest{
			FundingRequest: r, UpdateMask: populated(r.ProtoReflect()),
		})
		if err != nil {
			return err
		}
		attest.Names = append(attest.Names, r.GetName())
		l.options.Progress("funding requests", i+1, len(l.city.Requests))
	}
	_, err = client.Call(ctx, "attest the requests", l.suite.Budgeting.AttestFundingRequests, attest)
	return err
}

// populated names the fields that a message sets, its name aside.
func populated(m protoreflect.Message) *fieldmaskpb.FieldMask {
	mask := &fieldmaskpb.FieldMask{}
	m.Range(func(f protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if f.Name() != "name" {
			mask.Paths = append(mask.Paths, string(f.Name()))
		}
		return true
	})
	slices.Sort(mask.GetPaths())
	return mask
}

func (l *loader) measures(ctx context.Context) error {
	manager, err := l.as(ctx, "city-manager", "manager")
	if err != nil {
		return err
	}
	for _, m := range l.city.Measures {
		_, err := client.Call(manager, "write "+m.GetName(), l.suite.Performance.UpdateMeasure, &performancev1.UpdateMeasureRequest{
			Measure: m, AllowMissing: true,
		})
		if err != nil {
			return err
		}
	}
	staff, err := l.as(ctx, "performance-analyst", "staff")
	if err != nil {
		return err
	}
	var rows []*performancev1.ObservationRow
	err = readCSV(l.path("observations.csv"), func(row map[string]string) error {
		day, err := time.Parse(time.DateOnly, row["period_start"])
		if err != nil {
			return fmt.Errorf("period_start: %w", err)
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(row["value"]), 64)
		if err != nil {
			return fmt.Errorf("value: %w", err)
		}
		rows = append(rows, &performancev1.ObservationRow{
			Measure:     l.city.Organization.GetName() + "/measures/" + row["measure"],
			PeriodStart: &date.Date{Year: int32(day.Year()), Month: int32(day.Month()), Day: int32(day.Day())},
			Value:       &value, Source: "sample city",
		})
		return nil
	})
	if err != nil {
		return err
	}
	return l.record(staff, rows)
}

func (l *loader) record(ctx context.Context, rows []*performancev1.ObservationRow) error {
	stream, err := l.suite.Performance.RecordObservations(ctx)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(rows, rowsPerMessage) {
		err := stream.Send(&performancev1.RecordObservationsRequest{Parent: l.city.Organization.GetName(), Rows: chunk})
		if err != nil {
			break // CloseAndRecv tells why
		}
	}
	done, err := stream.CloseAndRecv()
	if err == nil && done.GetRejected() > 0 {
		err = fmt.Errorf("%d observations were refused, the first: %s", done.GetRejected(), done.GetErrors()[0].GetMessage())
	}
	return err
}

// policies has council freeze what results do to each program, before any result is published.
func (l *loader) policies(ctx context.Context) error {
	ctx, err := l.as(ctx, "mayor", "council")
	if err != nil {
		return err
	}
	budget, err := client.Call(ctx, "read the budget", l.suite.Budgeting.GetBudget, &budgetingv1.GetBudgetRequest{Name: parent(l.city.Allocation.GetName())})
	if err != nil || budget.GetResultsPolicyFreeze() != nil {
		return err
	}
	_, err = client.Call(ctx, "freeze the results policies", l.suite.Budgeting.FreezeResultsPolicies, &budgetingv1.FreezeResultsPoliciesRequest{
		Name: budget.GetName(), Resolution: l.city.PolicyResolution,
	})
	return err
}

func (l *loader) results(ctx context.Context) error {
	ctx, err := l.as(ctx, "city-manager", "manager")
	if err != nil {
		return err
	}
	_, err = client.Call(ctx, "publish results", l.suite.Performance.PublishResults, &performancev1.PublishResultsRequest{
		Parent: l.city.Organization.GetName(), RequestId: "sample-city",
	})
	return err
}

func (l *loader) allocation(ctx context.Context) error {
	ctx, err := l.as(ctx, "finance-director", "finance")
	if err != nil {
		return err
	}
	name := l.city.Allocation.GetName()
	l.made, err = client.Call(ctx, "allocate", l.suite.Budgeting.CreateAllocation, &budgetingv1.CreateAllocationRequest{
		Parent: parent(name), AllocationId: last(name), Allocation: l.city.Allocation, RequestId: "sample-city",
	})
	if fault.Is(err, fault.AlreadyExists) {
		l.made, err = l.existing(ctx)
	}
	return err
}
