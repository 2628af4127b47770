package throughline_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/throughline/internal/cli"
)

// command runs the program's command line beside a running suite.
func (c *city) command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, complaints bytes.Buffer
	code = cli.Main(t.Context(), append(args, "--data-dir", c.dir), cli.World{Stdout: &out, Stderr: &complaints, Now: time.Now})
	return code, out.String(), complaints.String()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// An auditor exports an allocation over REST and checks the proof without any service.
func TestExportAndVerifyOffline(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	auditor := c.as(t, "auditor")
	table := c.call(t, http.MethodGet, "/v1/"+allocation+":export?format=CSV", auditor, nil)
	if table.status != http.StatusOK || !strings.HasPrefix(table.header.Get("Content-Type"), "text/csv") ||
		!strings.HasPrefix(table.header.Get("Content-Disposition"), "attachment; filename=") || !strings.HasPrefix(string(table.body), "program,title,department,fund,") {
		t.Errorf("%d %v %.200s", table.status, table.header, table.body)
	}
	refused := c.call(t, http.MethodGet, "/v1/"+budget+"/allocations/none:export?format=CSV", auditor, nil)
	if refused.status != http.StatusNotFound || refused.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %v %s", refused.status, refused.header, refused.body)
	}

	proof := string(c.call(t, http.MethodGet, "/v1/"+allocation+":export?format=PROOF", auditor, nil).body)
	a := c.ok(t, http.MethodGet, "/v1/"+allocation, auditor, nil)
	code, out, complaint := c.command(t, "verify", write(t, "proof.json", proof), "--replay")
	if code != 0 || complaint != "" || !strings.Contains(out, "content hash "+a.at("contentHash")) || !strings.Contains(out, "result hash  "+a.at("resultHash")) ||
		!strings.Contains(out, "solving the input again gives the same plan") || !strings.Contains(out, "GET /v1/"+allocation) {
		t.Errorf("code %d: %s%s", code, out, complaint)
	}
	changed := write(t, "changed.json", strings.Replace(proof, `\"amount\":`, `\"amount\":1`, 1))
	code, out, complaint = c.command(t, "verify", changed)
	if code != 1 || !strings.Contains(out, "- FAILED: ") || !strings.Contains(complaint, "changed.json is not valid") || strings.Contains(out, "is valid") {
		t.Errorf("code %d: %s%s", code, out, complaint)
	}
	code, out, complaint = c.command(t, "verify", write(t, "other.json", "{}"))
	if code != 1 || out != "" || !strings.Contains(complaint, "not a whole proof file") {
		t.Errorf("code %d: %s%s", code, out, complaint)
	}
}

const ballots = `META
key;value
description;Green city
num_projects;3
num_votes;3
budget;50000
vote_type;approval
rule;greedy
PROJECTS
project_id;cost;name
1;30000;Trees
2;25000;Benches
3;20000;Fountain
VOTES
voter_id;vote
a;1,3
b;1,3
c;2
`

// A resident's election is imported, imported again without effect, and closed; closed ballots never change.
func TestImportElection(t *testing.T) {
	c := start(t, t.TempDir())
	c.load(t)
	election := budget + "/elections/green"
	args := []string{
		"import-election", write(t, "green.pb", ballots), "--election", election, "--fund", riverbend + "/funds/f-001", "--address", c.grpc,
	}
	for i, want := range []string{
		"programs: 3 created, 0 updated, 0 unchanged\nballots: 3 created, 0 updated, 0 unchanged\n" + election + " has 3 projects and 3 ballots and is open\n",
		"programs: 0 created, 0 updated, 3 unchanged\nballots: 0 created, 0 updated, 3 unchanged\n" + election + " has 3 projects and 3 ballots and is open\n",
		"programs: 0 created, 0 updated, 3 unchanged\nballots: 0 created, 0 updated, 3 unchanged\n" + election + " has 3 projects and 3 ballots and is closed\n",
		"programs: 0 created, 0 updated, 3 unchanged\nballots: 0 created, 0 updated, 3 unchanged\n" + election + " has 3 projects and 3 ballots and is closed\n",
	} {
		if i == 2 {
			args = append(args, "--close")
		}
		code, out, complaint := c.command(t, args...)
		if code != 0 || complaint != "" || out != want {
			t.Fatalf("run %d, code %d: %s%s", i+1, code, out, complaint)
		}
	}
	e := c.ok(t, http.MethodGet, "/v1/"+election, c.as(t, "finance"), nil)
	if e.at("displayName") != "Green city" || e.at("projects", 0, "votes") != "2" || e.at("amount", "units") != "50000" {
		t.Errorf("election %s", e.body)
	}
	args[1] = write(t, "green.pb", strings.Replace(ballots, "c;2", "c;1", 1))
	if code, _, complaint := c.command(t, args...); code != 1 || !strings.Contains(complaint, "is closed, and its ballots are not those of the file") {
		t.Errorf("other ballots of a closed election: code %d, %s", code, complaint)
	}
	args[1] = write(t, "bad.pb", strings.Replace(ballots, "2;25000", "2;much", 1))
	if code, _, complaint := c.command(t, args...); code != 1 || !strings.Contains(complaint, "bad.pb") || !strings.Contains(complaint, "line 12, cost") {
		t.Errorf("a bad file: code %d, %s", code, complaint)
	}
	args[1] = write(t, "pln.pb", strings.Replace(ballots, "rule;greedy", "rule;greedy\ncurrency;PLN", 1))
	if code, _, complaint := c.command(t, args...); code != 1 || !strings.Contains(complaint, "PLN in the file") {
		t.Errorf("another currency: code %d, %s", code, complaint)
	}
	args[1], args[3], args[5] = write(t, "green.pb", ballots), budget+"/elections/blue", riverbend+"/funds/f-999"
	if code, _, complaint := c.command(t, args...); code != 1 || !strings.Contains(complaint, "f-999 was not found") {
		t.Errorf("an unknown fund: code %d, %s", code, complaint)
	}
	if left := c.call(t, http.MethodGet, "/v1/"+riverbend+"/programs/blue--1", c.as(t, "finance"), nil); left.status != http.StatusNotFound {
		t.Errorf("a refused import leaves %s", left.body)
	}
	args[5] = "organizations/other/funds/010"
	if code, _, complaint := c.command(t, args...); code != 2 || !strings.Contains(complaint, "same organization") {
		t.Errorf("a fund of another organization: code %d, %s", code, complaint)
	}
}
