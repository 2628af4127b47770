package domain

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
)

// streamed sends rows in messages of these sizes, the last repeated; it breaks off before the end if broken.
func streamed(t *rapid.T, stored []Employee, mode SyncMode, rows []StaffRow, sizes []int, broken bool) ([]Employee, SyncResult, error) {
	s := NewStaffStream(StaffSync{Organization: "o", ID: "s", Mode: mode, MaxTombstonePPM: PPM})
	for i := 0; len(rows) > 0; i++ {
		n := min(sizes[min(i, len(sizes)-1)], len(rows))
		step := s.Step(rows[:n], stored, noon)
		for _, e := range step.Changed {
			if mode == SyncFull && e.Status == EmployeeTerminated && slices.ContainsFunc(stored, func(o Employee) bool { return o.ID == e.ID && o.Status != EmployeeTerminated }) {
				t.Fatalf("a FULL stream ended %s before its last message", e.ID)
			}
		}
		s.Take(step)
		stored, rows = after(stored, step.Changed), rows[n:]
	}
	if broken {
		return stored, SyncResult{}, nil
	}
	record, changed, err := s.Finish(stored, noon)
	return after(stored, changed), record.Result, err
}

// told is the staff without versions.
func told(staff []Employee) []Employee {
	staff = slices.Clone(staff)
	for i := range staff {
		staff[i].Meta = Meta{}
	}
	return staff
}

func TestStreamEndsTheSameHoweverItIsCut(t *testing.T) {
	keys := rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6", "a b"})
	managers := rapid.SampledFrom([]string{"", "1", "2", "3", "4", "5", "6", "9"})
	row := rapid.Custom(func(t *rapid.T) StaffRow {
		r := StaffRow{
			ExternalID: keys.Draw(t, "key"), DisplayName: rapid.SampledFrom([]string{"Ann", "Bo", "Cy", ""}).Draw(t, "name"), ManagerExternalID: managers.Draw(t, "manager"),
			Status:  rapid.SampledFrom([]EmployeeStatus{"", "", "", EmployeeLeave, EmployeeTerminated}).Draw(t, "status"),
			EndDate: rapid.SampledFrom([]Date{"", "", "", "2020-01-01", "2099-01-01"}).Draw(t, "end"),
		}
		if rapid.IntRange(0, 3).Draw(t, "jobs") == 0 { // of today and of later
			r.Jobs = []Job{{Key: "a", ManagerExternalID: r.ManagerExternalID}, {Key: "b", StartDate: "2099-01-01", ManagerExternalID: managers.Draw(t, "later manager")}}
			r.ManagerExternalID = ""
		}
		return r
	})
	sizes := rapid.SliceOfN(rapid.IntRange(1, 5), 1, 4)
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]SyncMode{SyncDelta, SyncFull}).Draw(t, "mode")
		_, before, err := StaffSync{Organization: "o", Mode: SyncDelta, Rows: rapid.SliceOfN(row, 0, 6).Draw(t, "before")}.Reconcile(nil, noon)
		if err != nil {
			t.Fatal(err)
		}
		stored := after(nil, before)
		rows := rapid.SliceOfN(row, 0, 10).Draw(t, "rows")
		clean, result, err := streamed(t, stored, mode, rows, sizes.Draw(t, "sizes"), false)
		if err != nil {
			t.Fatal(err)
		}
		if n := result.Created + result.Updated + result.Unchanged + result.Rejected; n != len(rows) {
			t.Fatalf("%+v counts %d of %d rows", result, n, len(rows))
		}
		torn, _, _ := streamed(t, stored, mode, rows[:rapid.IntRange(0, len(rows)).Draw(t, "cut")], sizes.Draw(t, "torn sizes"), true)
		again, repeated, err := streamed(t, torn, mode, rows, sizes.Draw(t, "sizes again"), false)
		if err != nil || !reflect.DeepEqual(told(clean), told(again)) || repeated.Rejected != result.Rejected || !reflect.DeepEqual(repeated.Errors, result.Errors) {
			t.Fatalf("a clean run ends as %+v with %+v, one that broke as %+v with %+v, %v", told(clean), result, told(again), repeated, err)
		}
	})
}

func TestStreamRows(t *testing.T) {
	for name, c := range map[string]struct {
		mode   SyncMode
		stored []StaffRow
		rows   [][]StaffRow
		want   string // created updated unchanged rejected terminated
		errors []string
	}{
		"manager in a later message": {rows: [][]StaffRow{{row("1", "2")}, {row("2", "3")}, {row("3", "")}}, want: "3 0 0 0 0"},
		"manager who never comes":    {rows: [][]StaffRow{{row("1", "9"), row("2", "")}}, want: "1 0 0 1 0", errors: []string{"0 manager_external_id UNKNOWN_MANAGER"}},
		"two swap places": {
			stored: []StaffRow{row("1", ""), row("2", "1")}, rows: [][]StaffRow{{row("1", "2")}, {row("2", "")}}, want: "0 2 0 0 0",
		},
		"a cycle is refused where it closes": {
			rows: [][]StaffRow{{row("1", ""), row("2", "1")}, {row("3", "2")}, {row("1", "3")}, {row("4", "4")}}, want: "3 0 0 2 0",
			errors: []string{"3 external_id DUPLICATE_EXTERNAL_ID", "4 manager_external_id MANAGER_CYCLE"},
		},
		"the first of several rows counts": {
			rows: [][]StaffRow{{row("1", ""), row("1", "")}, {row("1", ""), row("2", "")}}, want: "2 0 0 2 0",
			errors: []string{"1 external_id DUPLICATE_EXTERNAL_ID", "2 external_id DUPLICATE_EXTERNAL_ID"},
		},
		"full ends who is named by no message": {
			mode: SyncFull, stored: []StaffRow{row("1", ""), row("2", ""), row("3", "")}, rows: [][]StaffRow{{row("1", "")}, {tombstone("2")}}, want: "0 1 1 0 2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			stored, mode := staffOf(t, c.stored...), SyncDelta
			if c.mode != "" {
				mode = c.mode
			}
			s := NewStaffStream(StaffSync{Organization: "o", ID: "s", Mode: mode, MaxTombstonePPM: PPM})
			for _, m := range c.rows {
				step := s.Step(m, stored, noon)
				s.Take(step)
				stored = after(stored, step.Changed)
			}
			record, _, err := s.Finish(stored, noon)
			if err != nil {
				t.Fatal(err)
			}
			got := record.Result
			var errs []string
			for _, e := range got.Errors {
				errs = append(errs, fmt.Sprint(e.Row, " ", e.Field, " ", e.Reason))
			}
			if counts := fmt.Sprint(got.Created, got.Updated, got.Unchanged, got.Rejected, got.Terminated); counts != c.want || !slices.Equal(errs, c.errors) {
				t.Errorf("%s %q, want %s %q", counts, errs, c.want, c.errors)
			}
		})
	}
}

func TestFullStreamThatEndsTooManyEndsNobody(t *testing.T) {
	stored := staffOf(t, row("1", ""), row("2", ""), row("3", ""))
	s := NewStaffStream(StaffSync{Organization: "o", ID: "s", Mode: SyncFull})
	step := s.Step([]StaffRow{row("1", ""), tombstone("2")}, stored, noon)
	s.Take(step)
	_, changed, err := s.Finish(after(stored, step.Changed), noon)
	if fault.Reason(err) != "TOO_MANY_TOMBSTONES" || len(step.Changed) != 0 || len(changed) != 0 {
		t.Errorf("%d changed, then %d, %v", len(step.Changed), len(changed), err)
	}
}

func TestStreamHasOnePayloadHoweverItIsCut(t *testing.T) {
	rows := []StaffRow{row("1", ""), {ExternalID: "2", DisplayName: "Bo", Jobs: []Job{{Key: "a", FTEPPM: 1}, {Key: "b"}}}, row("3", "")}
	whole := StaffSync{Organization: "o", ID: "s", Mode: SyncDelta, Rows: rows}
	result, changed, err := whole.Reconcile(nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	done := whole.Done(result, noon)
	for cut := range rows {
		s := NewStaffStream(whole)
		s.Skip(rows[:cut])
		s.Skip(rows[cut:])
		if got, err := s.Replay(done); err != nil || !reflect.DeepEqual(got, result) {
			t.Errorf("cut at %d: %+v, %v", cut, got, err)
		}
	}
	s := NewStaffStream(whole)
	s.Skip(append(slices.Clone(rows[:2]), row("4", "")))
	if _, err := s.Replay(done); fault.Reason(err) != "SYNC_ID_REUSED" || len(changed) != 3 {
		t.Errorf("another payload: %v", err)
	}
}
