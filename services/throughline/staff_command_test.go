package throughline_test

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func rosterMapping(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(root(t), "deploy", "samples", "mappings", "rosters", name+".yaml")
}

const jobsMapping = `name: jobs
date_formats: ["{M}/{D}/{YYYY}"]
skip: [{name: totals, when: {id: "Total*"}}]
employee:
  external_id: id
  display_name: name
  end_date: last day
  status: {from: state, values: {A: ACTIVE, L: LEAVE, R: TERMINATED}}
job:
  key: job
  title: title
  department: {const: Works}
  manager_external_id: boss
  fte: {from: hours, full_time: "40"}
  start_date: from
  end_date: to
`

// The command tells what became of every line, with its number, and fails when anything was refused; what was good is written.
func TestSyncStaffCommand(t *testing.T) {
	c := start(t, t.TempDir())
	c.found(t, "springfield")
	mapping := write(t, "mapping.yaml", jobsMapping)
	head := "id,name,last day,state,job,title,boss,hours,from,to\n"
	good := head + "1,Ann,,A,a,Dispatcher,3,24,7/1/2024,\n1,Ann,,A,b,Trainer,3,10,1/1/2025,12/31/2099\n2,Bo,,L,a,Clerk,3,,7/1/2024,\n3,Cy,,,a,Chief,,40,7/1/2010,\n\nTotal,,,,,,,,,\n"
	bad := good + "4,Di,13/1/2026,A,a,Clerk,3,40,7/1/2024,\n1,Anne,,A,c,Clerk,3,4,7/1/2024,\n5,Ed,,X,a,Clerk,3,400,soon,\n6,Fay,,A,a,Clerk,9,40,7/1/2024,\n7,,,A,a,Clerk,3,40,7/1/2024,\n"
	goodFile, badFile := write(t, "good.csv", good), write(t, "bad.csv", bad)
	for _, tt := range []struct {
		name      string
		args      []string
		code      int
		out, says []string
	}{
		{"no organization", []string{goodFile, "--mapping", mapping}, 2, nil, []string{"organization must be the name of an organization"}},
		{"a share beyond all", []string{goodFile, "--mapping", mapping, "--max-tombstones", "101"}, 2, nil, []string{"max-tombstones must lie between 0 and 100 percent"}},
		{"a mapping that is wrong", []string{goodFile, "--mapping", goodFile, "--organization", "springfield"}, 1, nil, []string{"good.csv"}},
		{
			"dry run",
			[]string{goodFile, "--mapping", mapping, "--organization", "springfield", "--dry-run"},
			0,
			[]string{
				"good.csv, utf-8: 6 lines = 4 mapped + 2 skipped by rule + 0 refused; 3 employees", `skipped by rule "totals": 1 lines`,
				"dry run, nothing written: employees: 3 created, 0 updated, 0 unchanged, 0 refused; 0 ended",
			},
			nil,
		},
		{
			"sync",
			[]string{goodFile, "--mapping", mapping, "--organization", "organizations/springfield", "--full", "--sync-id", "one"},
			0,
			[]string{"employees: 3 created, 0 updated, 0 unchanged, 0 refused; 0 ended"},
			nil,
		},
		{
			"the same sync again",
			[]string{goodFile, "--mapping", mapping, "--organization", "springfield", "--full", "--sync-id", "one"},
			0,
			[]string{"employees: 3 created, 0 updated, 0 unchanged, 0 refused; 0 ended"},
			nil,
		},
		{
			"the same file again",
			[]string{goodFile, "--mapping", mapping, "--organization", "springfield", "--full"},
			0,
			[]string{"employees: 0 created, 0 updated, 3 unchanged, 0 refused; 0 ended"},
			nil,
		},
		{
			"nobody is ended for lines that cannot be read",
			[]string{badFile, "--mapping", mapping, "--organization", "springfield", "--full"},
			1,
			[]string{`bad.csv:8: column "last day", value "13/1/2026":`},
			[]string{"nothing was sent: 3 lines cannot be read"},
		},
		{
			"what is good of a bad file",
			[]string{badFile, "--mapping", mapping, "--organization", "springfield"},
			1,
			[]string{
				`bad.csv:9: column "id", value "1": tells something else of the same person than line 2`, `bad.csv:10: column "state", value "X":`,
				`bad.csv:10: column "hours", value "400": is no share`, `bad.csv:10: column "from", value "soon":`,
				`bad.csv:11: employee "6", jobs[0].manager_external_id: 9 is neither known`, `bad.csv:12: employee "7", display_name: is required`,
				"employees: 0 created, 0 updated, 3 unchanged, 2 refused; 0 ended",
			},
			[]string{"5 refused, as listed"},
		},
		{
			"too many are missing",
			[]string{write(t, "short.csv", head+"1,Ann,,A,a,Dispatcher,3,24,7/1/2024,\n"), "--mapping", mapping, "--organization", "springfield", "--full"},
			1, nil,
			[]string{"the sync would end 2 of 3 employees"},
		},
		{
			"they are really gone",
			[]string{write(t, "short.csv", head+"1,Ann,,A,a,Dispatcher,3,24,7/1/2024,\n"), "--mapping", mapping, "--organization", "springfield", "--full", "--max-tombstones", "66.7"},
			0,
			[]string{"employees: 0 created, 0 updated, 1 unchanged, 0 refused; 2 ended"}, // the refused stream wrote Ann, and ended nobody
			nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, says := c.command(t, append([]string{"sync-staff", "--address", c.grpc}, tt.args...)...)
			if code != tt.code {
				t.Errorf("code %d, want %d", code, tt.code)
			}
			for _, part := range tt.out {
				if !strings.Contains(out, part) {
					t.Errorf("printed %s, want %q in it", out, part)
				}
			}
			for _, part := range tt.says {
				if !strings.Contains(says, part) {
					t.Errorf("said %s, want %q in it", says, part)
				}
			}
		})
	}
	ann := c.ok(t, http.MethodGet, "/v1/organizations/springfield/staff/e-1", c.token(t, "springfield", "hr", "hr"), nil)
	if !strings.Contains(string(ann.body), `"ftePpm":600000,`) || ann.at("title") != "Dispatcher" || ann.at("department") != "Works" || ann.at("jobs", 0, "startDate", "year") != "2024" {
		t.Errorf("Ann is %s", ann.body)
	}
}

// The whole roster of a city loads in one go, over gRPC and the command line; the same again changes nothing.
func TestBaltimoresRoster(t *testing.T) {
	file := filepath.Join(shared(t, "staff_rosters"), "baltimore_employees_fy2019_noname.csv")
	c := start(t, t.TempDir())
	c.found(t, "baltimore")
	args := []string{"sync-staff", file, "--mapping", rosterMapping(t, "baltimore-fy2019"), "--full", "--address", c.grpc}
	for _, want := range []string{
		"employees: 13811 created, 0 updated, 0 unchanged, 0 refused; 0 ended", "employees: 0 created, 0 updated, 13811 unchanged, 0 refused; 0 ended",
	} {
		code, out, says := c.command(t, args...)
		if code != 0 || !strings.Contains(out, want) || !strings.Contains(out, "13811 lines = 13811 mapped + 0 skipped by rule + 0 refused; 13811 employees") {
			t.Fatalf("code %d, printed %s, said %s; want %q", code, out, says, want)
		}
	}
	first := c.ok(t, http.MethodGet, "/v1/organizations/baltimore/staff?filter="+`external_id%3D%22B00001%22`, c.token(t, "baltimore", "hr", "hr"), nil)
	if first.at("staff", 0, "title") != "Police Commissioner" || first.at("staff", 0, "department") != "Police Department" ||
		first.at("staff", 0, "jobs", 0, "startDate", "year") != "2019" || !strings.Contains(string(first.body), `"ftePpm":1000000,`) {
		t.Errorf("the first employee is %s", first.body)
	}
}

// A stream of staff is NDJSON over REST, a message a line.
func TestStaffStreamOverREST(t *testing.T) {
	c := start(t, t.TempDir())
	c.found(t, "springfield")
	line := func(rows string) string {
		return `{"parent":"organizations/springfield","syncId":"s","mode":"SYNC_MODE_FULL","rows":[` + rows + "]}\n"
	}
	body := line(`{"externalId":"1","displayName":"Ann","managerExternalId":"2"},{"externalId":"x y"}`) + line(`{"externalId":"2","displayName":"Bo"}`)
	a := c.ok(t, http.MethodPost, "/v1/staff:stream", c.token(t, "springfield", "hr", "hr"), body, "Content-Type", "application/x-ndjson")
	if a.at("created") != "2" || a.at("rejected") != "1" || a.at("errors", 0, "row") != "1" || a.at("errors", 0, "field") != "external_id" {
		t.Errorf("answer %s", a.body)
	}
}

// The sample city's roster has managers, positions and part time, and syncing it as an HR system would changes nothing of what the sample loaded.
func TestSampleCitysRoster(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	code, out, says := c.command(t, "sync-staff", filepath.Join(root(t), "deploy", "samples", "riverbend", "staff.csv"),
		"--mapping", rosterMapping(t, "riverbend"), "--full", "--address", c.grpc)
	if code != 0 || !strings.Contains(out, "60 lines = 60 mapped + 0 skipped by rule + 0 refused; 60 employees") ||
		!strings.Contains(out, "employees: 0 created, 0 updated, 60 unchanged, 0 refused; 0 ended") {
		t.Errorf("code %d, printed %s, said %s", code, out, says)
	}
}

// Somebody of the sample city leaves: their work goes to their manager, is proposed to others, and is taken, all over REST.
func TestLeaverOverREST(t *testing.T) {
	c := startAt(t, t.TempDir(), func() time.Time { return time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC) })
	c.load(t)
	hr, manager := c.as(t, "hr"), c.as(t, "manager")
	of := "?filter=" + url.QueryEscape(`employee = "`+riverbend+`/staff/e-1012"`)
	held := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/assignments"+of, hr, nil).list("assignments")
	if len(held) == 0 {
		t.Fatal("the sample city's employee 1012 holds no work")
	}
	since := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/assignments:changes?pageSize=1000", hr, nil).at("nextSyncToken")
	line := `{"parent":"` + riverbend + `","syncId":"leaver","mode":"SYNC_MODE_DELTA","rows":[{"externalId":"1012","status":"EMPLOYEE_STATUS_TERMINATED"}]}`
	left := c.ok(t, http.MethodPost, "/v1/staff:stream", hr, line, "Content-Type", "application/x-ndjson")
	if left.at("terminated") != "1" || left.at("reassigned") != itoa(len(held)) {
		t.Fatalf("sync answered %s", left.body)
	}
	for _, a := range held { // no objective without a proposal
		p := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/successionProposals?filter="+url.QueryEscape(`state = OPEN AND objective = "`+fmt.Sprint(a["objective"])+`"`), hr, nil)
		if len(p.list("successionProposals")) != 1 || p.at("successionProposals", 0, "interimAssignment") == "" || p.at("successionProposals", 0, "endedAssignment") != a["name"] {
			t.Errorf("proposals for %v: %s", a["objective"], p.body)
		}
	}
	gaps := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/ownershipGaps?filter=kind%3DINTERIM", manager, nil)
	proposal := gaps.at("gaps", 0, "successionProposal")
	if len(gaps.list("gaps")) != 1 || proposal == "" {
		t.Fatalf("gaps %s", gaps.body)
	}
	changes := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/assignments:changes?syncToken="+since, hr, nil)
	if n := len(changes.list("changes")); n != 2*len(held) {
		t.Errorf("%d changes: %s", n, changes.body)
	}
	successor := c.ok(t, http.MethodGet, "/v1/"+proposal, hr, nil).at("candidates", 0, "employee")
	load := c.ok(t, http.MethodGet, "/v1/"+successor+":load?endDate.year=2026&endDate.month=12&endDate.day=31", manager, nil)
	if load.at("spans", 0, "startDate", "month") != "9" || load.at("overPpm") != "0" {
		t.Errorf("load %s", load.body)
	}
	taken := c.ok(t, http.MethodPost, "/v1/"+proposal+":accept", manager, map[string]any{"employee": successor})
	if taken.at("state") != "SUCCESSION_STATE_ACCEPTED" || taken.at("successor") != successor {
		t.Errorf("accepted %s", taken.body)
	}
	if gaps := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/ownershipGaps?filter=kind%3DINTERIM", manager, nil); len(gaps.list("gaps")) != 0 {
		t.Errorf("gaps %s", gaps.body)
	}
	policy := c.ok(t, http.MethodPatch, "/v1/"+riverbend+"/assignmentPolicy", manager, map[string]any{"overAllocation": "OVER_ALLOCATION_FLAG"})
	if policy.at("overAllocation") != "OVER_ALLOCATION_FLAG" || policy.at("updateTime") == "" {
		t.Errorf("policy %s", policy.body)
	}
	batch := c.ok(t, http.MethodPost, "/v1/"+riverbend+"/assignments:batchUpsert", hr, map[string]any{"assignments": []any{
		map[string]any{
			"name": riverbend + "/assignments/extra", "objective": held[0]["objective"], "employee": successor, "role": "ASSIGNMENT_ROLE_SUPPORT",
			"effortPpm": 1_000_000, "startDate": map[string]any{"year": 2026, "month": 10, "day": 1},
		},
		map[string]any{"name": riverbend + "/assignments/bad"},
	}})
	if batch.at("created") != "1" || batch.at("rejected") != "1" || batch.at("errors", 0, "row") != "1" {
		t.Errorf("batch %s", batch.body)
	}
	if extra := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/assignments/extra", hr, nil); extra.at("overAllocated") != "true" {
		t.Errorf("flagged %s", extra.body)
	}
	if over := c.ok(t, http.MethodGet, "/v1/"+riverbend+"/ownershipGaps?filter=kind%3DOVER_ALLOCATED", manager, nil); over.at("gaps", 0, "employee") != successor {
		t.Errorf("gaps %s", over.body)
	}
}
