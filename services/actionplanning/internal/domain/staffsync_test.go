package domain

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
)

func row(key, manager string) StaffRow {
	return StaffRow{ExternalID: key, DisplayName: "Name of " + key, ManagerExternalID: manager}
}

func tombstone(key string) StaffRow { return StaffRow{ExternalID: key, Status: EmployeeTerminated} }

// after is the staff once a sync is written, by id.
func after(stored, changed []Employee) []Employee {
	all := map[string]Employee{}
	for _, e := range slices.Concat(stored, changed) {
		all[e.ID] = e
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Employee) int { return strings.Compare(a.ID, b.ID) })
}

// staffOf are the employees of good rows.
func staffOf(t *testing.T, rows ...StaffRow) []Employee {
	t.Helper()
	result, changed, err := StaffSync{Organization: "o", Mode: SyncDelta, Rows: rows}.Reconcile(nil, noon)
	if err != nil || result.Created != len(rows) {
		t.Fatalf("%+v, error %v", result, err)
	}
	return after(nil, changed)
}

func TestReconcileRows(t *testing.T) {
	long := strings.Repeat("x", 201)
	for name, c := range map[string]struct {
		stored []StaffRow
		mode   SyncMode
		rows   []StaffRow
		want   string // created updated unchanged rejected terminated
		errors []string
	}{
		"manager later in the sync": {rows: []StaffRow{row("1", "2"), row("2", "")}, want: "2 0 0 0 0"},
		"stored manager":            {stored: []StaffRow{row("2", "")}, rows: []StaffRow{row("1", "2")}, want: "1 0 0 0 0"},
		"nothing new":               {stored: []StaffRow{row("1", "")}, rows: []StaffRow{row("1", "")}, want: "0 0 1 0 0"},
		"tombstone": {
			stored: []StaffRow{row("1", "")}, rows: []StaffRow{tombstone("1")}, want: "0 1 0 0 1",
		},
		"tombstone of somebody unknown needs a name": {
			rows: []StaffRow{tombstone("1")}, want: "0 0 0 1 0", errors: []string{"0 display_name REQUIRED"},
		},
		"ended manager in the same sync": {
			rows: []StaffRow{row("1", "2"), {ExternalID: "2", DisplayName: "Gone", Status: EmployeeTerminated}}, want: "2 0 0 0 0",
		},
		"everything wrong at once": {
			rows: []StaffRow{{ExternalID: "a b", Title: long, Department: long, Position: long, WorkerType: long, Subject: long, FTEPPM: -1, Status: "99", ManagerExternalID: "ü"}},
			want: "0 0 0 1 0", errors: []string{
				"0 external_id BAD_FORMAT", "0 display_name REQUIRED", "0 title TOO_LONG", "0 department TOO_LONG", "0 position TOO_LONG",
				"0 worker_type TOO_LONG", "0 subject TOO_LONG", "0 fte_ppm OUT_OF_RANGE", "0 status OUT_OF_RANGE", "0 manager_external_id BAD_FORMAT",
			},
		},
		"200 characters that are more bytes": {
			rows: []StaffRow{{ExternalID: "1", DisplayName: strings.Repeat("ü", 200)}}, want: "1 0 0 0 0",
		},
		"three times the same": {
			rows: []StaffRow{row("1", ""), row("2", ""), row("1", ""), row("1", "")}, want: "1 0 0 3 0",
			errors: []string{"0 external_id DUPLICATE_EXTERNAL_ID", "2 external_id DUPLICATE_EXTERNAL_ID", "3 external_id DUPLICATE_EXTERNAL_ID"},
		},
		"unknown manager": {
			rows: []StaffRow{row("1", "9")}, want: "0 0 0 1 0", errors: []string{"0 manager_external_id UNKNOWN_MANAGER"},
		},
		"a refused new manager takes the reports down": {
			rows: []StaffRow{row("1", "2"), row("2", "3"), {ExternalID: "3"}, row("4", "")}, want: "1 0 0 3 0",
			errors: []string{"0 manager_external_id UNKNOWN_MANAGER", "1 manager_external_id UNKNOWN_MANAGER", "2 display_name REQUIRED"},
		},
		"a refused stored manager does not": {
			stored: []StaffRow{row("2", "")}, rows: []StaffRow{row("1", "2"), {ExternalID: "2"}}, want: "1 0 0 1 0",
			errors: []string{"1 display_name REQUIRED"},
		},
		"own manager": {
			rows: []StaffRow{row("1", "1"), row("2", "")}, want: "1 0 0 1 0", errors: []string{"0 manager_external_id MANAGER_CYCLE"},
		},
		"cycle of three and who reports to it": {
			rows: []StaffRow{row("1", "2"), row("2", "3"), row("3", "1"), row("4", "1")}, want: "0 0 0 4 0",
			errors: []string{
				"0 manager_external_id MANAGER_CYCLE", "1 manager_external_id MANAGER_CYCLE", "2 manager_external_id MANAGER_CYCLE",
				"3 manager_external_id UNKNOWN_MANAGER",
			},
		},
		"cycle closed by somebody stored": {
			stored: []StaffRow{row("1", ""), row("2", "1")}, rows: []StaffRow{row("1", "2")}, want: "0 0 0 1 0",
			errors: []string{"0 manager_external_id MANAGER_CYCLE"},
		},
		"two swap places": {
			stored: []StaffRow{row("1", ""), row("2", "1")}, rows: []StaffRow{row("1", "2"), row("2", "")}, want: "0 2 0 0 0",
		},
		"a refusal brings back the manager that closes a cycle": {
			stored: []StaffRow{row("1", ""), row("2", "1")}, rows: []StaffRow{row("1", "2"), row("2", "9")}, want: "0 0 0 2 0",
			errors: []string{"0 manager_external_id MANAGER_CYCLE", "1 manager_external_id UNKNOWN_MANAGER"},
		},
		"full ends who is not named": {
			stored: []StaffRow{row("1", ""), row("2", "")}, mode: SyncFull, rows: []StaffRow{row("1", "")}, want: "0 0 1 0 1",
		},
		"full spares whose row is bad": {
			stored: []StaffRow{row("1", ""), row("2", "")}, mode: SyncFull, rows: []StaffRow{row("1", ""), {ExternalID: "2"}}, want: "0 0 1 1 0",
			errors: []string{"1 display_name REQUIRED"},
		},
		"full ends nobody while a row names nobody": {
			stored: []StaffRow{row("1", ""), row("2", "")}, mode: SyncFull, rows: []StaffRow{row("1", ""), row(" 2", "")}, want: "0 0 1 1 0",
			errors: []string{"1 external_id BAD_FORMAT"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			stored := staffOf(t, c.stored...)
			mode := c.mode
			if mode == "" {
				mode = SyncDelta
			}
			got, _, err := StaffSync{Organization: "o", Mode: mode, Rows: c.rows, MaxTombstonePPM: PPM}.Reconcile(stored, noon)
			if err != nil {
				t.Fatal(err)
			}
			counts := fmt.Sprint(got.Created, got.Updated, got.Unchanged, got.Rejected, got.Terminated)
			var errs []string
			for _, e := range got.Errors {
				errs = append(errs, fmt.Sprint(e.Row, " ", e.Field, " ", e.Reason))
			}
			if counts != c.want || !slices.Equal(errs, c.errors) {
				t.Errorf("%s %q, want %s %q\n%+v", counts, errs, c.want, c.errors, got.Errors)
			}
		})
	}
}

func TestAnswerOfAHopelessSyncIsBounded(t *testing.T) {
	s := StaffSync{Organization: "o", Mode: SyncDelta, Rows: make([]StaffRow, 20_000)}
	for i := range s.Rows {
		s.Rows[i] = StaffRow{ExternalID: "?", FTEPPM: -1} // three errors each
	}
	got, _, err := s.Reconcile(nil, noon)
	if err != nil || got.Rejected != 20_000 || len(got.Errors) != 20_000 || got.Errors[19_999].Row != 19_999 || got.Errors[7].Field != "external_id" {
		t.Errorf("%d rejected for %d reasons, %v", got.Rejected, len(got.Errors), err)
	}
}

func TestTombstonesAreBounded(t *testing.T) {
	var rows []StaffRow
	for i := range 40 {
		rows = append(rows, row(fmt.Sprint(i), ""))
	}
	stored := staffOf(t, rows...)
	full := func(named, most int) (SyncResult, error) {
		result, _, err := StaffSync{Organization: "o", Mode: SyncFull, Rows: rows[:named], MaxTombstonePPM: most}.Reconcile(stored, noon)
		return result, err
	}
	if r, err := full(38, 0); err != nil || r.Terminated != 2 {
		t.Errorf("5 %% are allowed: %+v, %v", r, err)
	}
	_, err := full(37, 0)
	if fault.Reason(err) != "TOO_MANY_TOMBSTONES" || !fault.Is(err, fault.FailedPrecondition) ||
		!strings.Contains(err.Error(), "3 of 40 employees (75000 ppm)") || !strings.Contains(err.Error(), "at least 75000") {
		t.Errorf("error %v", err)
	}
	if r, err := full(37, 75_000); err != nil || r.Terminated != 3 {
		t.Errorf("what the refusal advised: %+v, %v", r, err)
	}
	if _, err := full(0, 999_999); fault.Reason(err) != "TOO_MANY_TOMBSTONES" {
		t.Errorf("an empty sync: %v", err)
	}
}

func TestEmployeeID(t *testing.T) {
	for key, want := range map[string]string{
		"b00001": "e-b00001", "4711": "e-4711", "a-b": "e-a-b",
		"B00001": "x-b00001-", "a.b": "x-a-b-", "-": "x-", "a-": "x-a-",
	} {
		if got := EmployeeID(key); !strings.HasPrefix(got, want) || (want[0] == 'e' && got != want) {
			t.Errorf("%q becomes %q, want %q", key, got, want)
		}
	}
	valid := regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	keys := rapid.StringMatching(`[A-Za-z0-9._-]{1,64}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := keys.Draw(t, "a"), keys.Draw(t, "b")
		if id := EmployeeID(a); !valid.MatchString(id) {
			t.Fatalf("%q becomes %q", a, id)
		}
		if a != b && EmployeeID(a) == EmployeeID(b) {
			t.Fatalf("%q and %q share an id", a, b)
		}
		if id := EmployeeID(a); externalID(id) && EmployeeID(id) == id {
			t.Fatalf("the key %q is its own id", id)
		}
	})
}

func TestReconcileKeepsItsPromises(t *testing.T) {
	keys := rapid.SampledFrom([]string{"1", "2", "3", "4", "5", "6", "A", "a b", ""})
	rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) StaffRow {
		return StaffRow{
			ExternalID: keys.Draw(t, "key"), DisplayName: rapid.SampledFrom([]string{"Ann", "Bo", ""}).Draw(t, "name"), ManagerExternalID: keys.Draw(t, "manager"),
			Status: rapid.SampledFrom([]EmployeeStatus{"", "", EmployeeLeave, EmployeeTerminated}).Draw(t, "status"),
		}
	}), 0, 8)
	modes := rapid.SampledFrom([]SyncMode{SyncDelta, SyncFull})
	rapid.Check(t, func(t *rapid.T) {
		var stored []Employee
		for range rapid.IntRange(1, 3).Draw(t, "syncs") {
			s := StaffSync{Organization: "o", Mode: modes.Draw(t, "mode"), Rows: rows.Draw(t, "rows"), MaxTombstonePPM: PPM}
			result, changed, err := s.Reconcile(stored, noon)
			if err != nil {
				t.Fatal(err)
			}
			if n := result.Created + result.Updated + result.Unchanged + result.Rejected; n != len(s.Rows) {
				t.Fatalf("%+v counts %d of %d rows", result, n, len(s.Rows))
			}
			refused := map[int]bool{}
			for _, e := range result.Errors {
				refused[e.Row] = true
			}
			if len(refused) != result.Rejected {
				t.Fatalf("%d rows have errors, %d are rejected", len(refused), result.Rejected)
			}
			stored = after(stored, changed)
			checkStaff(t, stored, s, refused)
			again, changed, err := s.Reconcile(stored, noon)
			if err != nil || len(changed) > 0 || again.Rejected != result.Rejected || !reflect.DeepEqual(again.Errors, result.Errors) {
				t.Fatalf("the same again changes %+v: %+v after %+v, %v", changed, again, result, err)
			}
		}
	})
}

// checkStaff holds the staff against the rows written: everybody's managers lead to the top, nobody named is ended unasked.
func checkStaff(t *rapid.T, staff []Employee, s StaffSync, refused map[int]bool) {
	byID := map[string]Employee{}
	for _, e := range staff {
		byID[e.ID] = e
	}
	for _, e := range staff {
		steps := 0
		for m := e.Manager; m != ""; m = byID[m].Manager {
			if _, ok := byID[m]; !ok || steps > len(staff) {
				t.Fatalf("the managers of %s never end: %+v", e.ExternalID, staff)
			}
			steps++
		}
	}
	for i, r := range s.Rows {
		if e := byID[EmployeeID(r.ExternalID)]; !refused[i] && (e.Status == EmployeeTerminated) != (r.Status == EmployeeTerminated) {
			t.Fatalf("row %d %+v left %+v", i, r, e)
		}
	}
}
