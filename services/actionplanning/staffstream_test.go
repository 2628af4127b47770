package actionplanning_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
)

// stream sends rows in messages of a size; stop ends it after the rows without a word.
func (f *fixture) stream(t *testing.T, id string, mode actionplanningv1.SyncMode, size int, rows []*actionplanningv1.StaffRow, stop bool) (*actionplanningv1.SyncStaffResponse, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(f.as(t, "hr-system", "hr"))
	defer cancel()
	stream, err := f.client.StreamStaff(ctx)
	must(t, err)
	for chunk := range slices.Chunk(rows, size) {
		err := stream.Send(&actionplanningv1.StreamStaffRequest{Parent: "organizations/o", SyncId: id, Mode: mode, Rows: chunk, MaxTombstonePpm: 500_000})
		if errors.Is(err, io.EOF) {
			break // the answer tells
		}
		must(t, err)
	}
	if stop {
		return nil, nil
	}
	return stream.CloseAndRecv()
}

// state is the staff, their work and the proposals, without versions and times.
func (f *fixture) state(t *testing.T) (all []string) {
	t.Helper()
	ctx := f.as(t, "hr-system", "hr")
	add := func(m proto.Message) {
		switch m := m.(type) {
		case *actionplanningv1.Employee:
			m.Etag, m.CreateTime, m.UpdateTime = "", (*timestamppb.Timestamp)(nil), nil
		case *actionplanningv1.Assignment:
			m.Etag, m.CreateTime, m.UpdateTime = "", nil, nil
		case *actionplanningv1.SuccessionProposal:
			m.Etag, m.CreateTime, m.UpdateTime = "", nil, nil
		}
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		must(t, err)
		all = append(all, string(b))
	}
	staff, err := f.client.ListStaff(ctx, &actionplanningv1.ListStaffRequest{Parent: "organizations/o", PageSize: 1000})
	must(t, err)
	for _, e := range staff.GetStaff() {
		add(e)
	}
	work, err := f.client.ListAssignments(ctx, &actionplanningv1.ListAssignmentsRequest{Parent: "organizations/o", PageSize: 1000})
	must(t, err)
	for _, a := range work.GetAssignments() {
		add(a)
	}
	for _, p := range f.proposals(t, "") {
		add(p)
	}
	return all
}

// cityHall is a roster of so many rows, each a manager of others, managers after those they manage; the first ten hold work.
func cityHall(n int) []*actionplanningv1.StaffRow {
	rows := make([]*actionplanningv1.StaffRow, n)
	for i := range rows {
		at := n - 1 - i
		rows[i] = worker(fmt.Sprint(at), "", fmt.Sprintf("D%d", at%3), fmt.Sprintf("T%d", at%2))
		if at > 0 {
			rows[i].ManagerExternalId = fmt.Sprint(at / 4)
		}
	}
	return rows
}

func TestStreamBrokenAnywhereAndSentAgain(t *testing.T) {
	const n = 100
	// The second roster renames some, has some leave by row, by day and by not being named, and sends one row wrong and one twice.
	next := cityHall(n)
	for i, r := range next {
		switch {
		case i%9 == 4:
			*r = actionplanningv1.StaffRow{ExternalId: r.GetExternalId(), Status: terminated}
		case i%11 == 5:
			r.EndDate = day(2026, 6, 30)
		case i%7 == 3:
			r.Title = "Promoted"
		}
	}
	next = slices.Delete(next, 40, 46)
	next = append(next, &actionplanningv1.StaffRow{ExternalId: "new"}, proto.CloneOf(next[2]))
	prepare := func(t *testing.T) *fixture {
		f := start(t)
		_, calls := f.strategy(t)
		wantCounts(t, f.sync(t, "before", full, cityHall(n)...), n, 0, 0, 0, 0)
		for i := range 25 {
			role := support
			if i == 4 {
				role = leads
			}
			f.assign(t, fmt.Sprintf("a%d", i), calls, fmt.Sprint(4*i), role, 100_000)
		}
		return f
	}
	clean := prepare(t)
	result, err := clean.stream(t, "s", full, 30, next, false)
	must(t, err)
	if got := result.GetCreated() + result.GetUpdated() + result.GetUnchanged() + result.GetRejected(); int(got) != len(next) || result.GetRejected() != 2 || result.GetTerminated() == 0 || result.GetReassigned() == 0 {
		t.Fatalf("result %v", result)
	}
	want := clean.state(t)
	for cut := 10; cut <= len(next); cut += 10 {
		f := prepare(t)
		_, _ = f.stream(t, "s", full, 30, next[:cut], true)
		again, err := f.stream(t, "s", full, 30, next, false)
		must(t, err)
		if got := f.state(t); !slices.Equal(got, want) {
			t.Fatalf("broken after row %d and sent again, the stream ends in another state", cut)
		}
		if again.GetTerminated() != result.GetTerminated() || again.GetRejected() != result.GetRejected() || again.GetReassigned() != result.GetReassigned() {
			t.Errorf("cut at %d: %v, want %v", cut, again, result)
		}
		if cut == 50 { // done, it answers its first result, and another payload under its id is refused
			repeated, err := f.stream(t, "s", full, 7, next, false)
			if err != nil || !proto.Equal(repeated, again) || !slices.Equal(f.state(t), want) {
				t.Errorf("repeated: %v, %v; want %v", repeated, err, again)
			}
			_, err = f.stream(t, "s", full, 30, next[1:], false)
			wantReason(t, err, "SYNC_ID_REUSED")
		}
	}
}

func TestStreamsThatAreNoSync(t *testing.T) {
	f := start(t)
	_, err := f.stream(t, "empty", delta, 1, nil, false)
	wantReason(t, err, "EMPTY_STREAM")
	ctx := f.as(t, "hr-system", "hr")
	stream, err := f.client.StreamStaff(ctx)
	must(t, err)
	for i, id := range []string{"one", "two"} {
		_ = stream.Send(&actionplanningv1.StreamStaffRequest{Parent: "organizations/o", SyncId: id, Mode: actionplanningv1.SyncMode(i + 1)})
	}
	_, err = stream.CloseAndRecv()
	wantFields(t, err, "sync_id", "mode")
	stream, err = f.client.StreamStaff(f.as(t, "mia", "manager"))
	must(t, err)
	_ = stream.Send(&actionplanningv1.StreamStaffRequest{Parent: "organizations/o", SyncId: "x", Mode: delta})
	_, err = stream.CloseAndRecv()
	wantReason(t, err, "ROLE_LACKS_PERMISSION")

	rows := cityHall(20)
	_, err = f.stream(t, "all", full, 6, rows, false)
	must(t, err)
	ten := rows[:9]
	_, err = f.stream(t, "half", full, 6, ten, false)
	wantReason(t, err, "TOO_MANY_TOMBSTONES")
	listed, err := f.client.ListStaff(ctx, &actionplanningv1.ListStaffRequest{Parent: "organizations/o", Filter: "status = TERMINATED"})
	must(t, err)
	if len(listed.GetStaff()) != 0 {
		t.Errorf("%d were ended", len(listed.GetStaff()))
	}
}
