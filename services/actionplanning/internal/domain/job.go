package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Job is one that an employee holds between its days; several may be held at the same time.
type Job struct {
	Key               string // of the HR system, unique for the employee
	Title             string
	Department        string
	Position          string
	ManagerExternalID string // "" at the top
	FTEPPM            int    // full-time equivalent
	StartDate         Date   // "" for ever before
	EndDate           Date   // the last day; "" is open-ended
}

// Leave are days on which an employee is not available.
type Leave struct {
	StartDate Date
	EndDate   Date // the last day; "" is open-ended
}

func (j Job) days() days { return days{j.StartDate, j.EndDate} }

func (l Leave) days() days { return days{l.StartDate, l.EndDate} }

func (j Job) manager() string {
	if j.ManagerExternalID == "" {
		return ""
	}
	return EmployeeID(j.ManagerExternalID)
}

// Limits of rows.
const (
	maxJobs   = 50
	maxLeaves = 200
)

// checkJobs looks at the jobs and leaves of a row, but for whether the managers are known.
func (r StaffRow) checkJobs(bad problem) {
	if len(r.Jobs) > 0 {
		for _, f := range []struct {
			field string
			set   bool
		}{
			{"title", r.Title != ""},
			{"department", r.Department != ""},
			{"manager_external_id", r.ManagerExternalID != ""},
			{"position", r.Position != ""},
			{"fte_ppm", r.FTEPPM != 0},
		} {
			if f.set {
				bad(f.field, reasonNotWithJobs, "is said by the jobs; leave it empty, or send no jobs")
			}
		}
	}
	if n := len(r.Jobs); n > maxJobs {
		bad("jobs", reasonTooLong, "are %d; send at most %d", n, maxJobs)
		return
	}
	if n := len(r.Leaves); n > maxLeaves {
		bad("leaves", reasonTooLong, "are %d; send at most %d", n, maxLeaves)
		return
	}
	keys := map[string]int{}
	for i, j := range r.Jobs {
		at := fmt.Sprintf("jobs[%d].", i)
		if first, twice := keys[j.Key]; twice {
			bad(at+"job_key", reasonDuplicateJob, "is that of jobs[%d] too; give each job a key of its own", first)
		} else {
			keys[j.Key] = i
		}
		j.check(at, bad)
	}
	for i, l := range r.Leaves {
		at := fmt.Sprintf("leaves[%d].", i)
		if l.StartDate == "" {
			bad(at+"start_date", reasonRequired, "is required; send the first day")
		}
		checkDays(at, l.days(), bad)
	}
	if r.EndDate != "" && !r.EndDate.valid() {
		bad("end_date", reasonBadFormat, "must be a calendar day, or unset")
	}
}

func (j Job) check(at string, bad problem) {
	tooLong(bad, []text{{at + "job_key", j.Key, 64}, {at + "title", j.Title, 200}, {at + "department", j.Department, 200}, {at + "position", j.Position, 100}})
	if j.FTEPPM < 0 || j.FTEPPM > PPM {
		bad(at+"fte_ppm", reasonOutOfRange, "is %d; send 0 to 1,000,000 (full time)", j.FTEPPM)
	}
	if m := j.ManagerExternalID; m != "" && !externalID(m) {
		bad(at+"manager_external_id", reasonBadFormat, "must be 1 to %d letters, digits, \".\", \"_\" or \"-\"", maxExternalID)
	}
	checkDays(at, j.days(), bad)
}

func checkDays(at string, d days, bad problem) {
	good := true
	for _, f := range []struct {
		field string
		day   Date
	}{{"start_date", d.Start}, {"end_date", d.End}} {
		if f.day != "" && !f.day.valid() {
			bad(at+f.field, reasonBadFormat, "must be a calendar day, or unset")
			good = false
		}
	}
	if good && d.End != "" && d.End < d.Start {
		bad(at+"end_date", reasonOutOfRange, "is before start_date (%s); move one of them", d.Start)
	}
}

// sortedJobs are the jobs by first day and key, with their defaults filled in; nil for none.
func sortedJobs(jobs []Job) []Job {
	if len(jobs) == 0 {
		return nil
	}
	jobs = slices.Clone(jobs)
	for i := range jobs {
		if jobs[i].FTEPPM == 0 {
			jobs[i].FTEPPM = PPM
		}
	}
	slices.SortFunc(jobs, func(a, b Job) int {
		return cmp.Or(strings.Compare(string(a.StartDate), string(b.StartDate)), strings.Compare(a.Key, b.Key))
	})
	return jobs
}

// sortedLeaves are the leaves by first and last day, each once; nil for none.
func sortedLeaves(leaves []Leave) []Leave {
	if len(leaves) == 0 {
		return nil
	}
	leaves = slices.Clone(leaves)
	slices.SortFunc(leaves, func(a, b Leave) int {
		return cmp.Or(strings.Compare(string(a.StartDate), string(b.StartDate)), strings.Compare(string(a.EndDate), string(b.EndDate)))
	})
	return slices.Compact(leaves)
}
