package domain

import (
	"strings"
	"unicode/utf8"
)

// StaffRow is one employee as a sync tells of them; its values are not yet checked.
type StaffRow struct {
	ExternalID        string
	DisplayName       string
	Title             string
	Department        string
	ManagerExternalID string // "" at the top
	Position          string
	FTEPPM            int            // 0 means PPM
	Status            EmployeeStatus // "" means ACTIVE
	WorkerType        string
	Subject           string
	Jobs              []Job // when any are given, what the fields above say of a job is left empty
	Leaves            []Leave
	EndDate           Date // last day of employment; a day to come ends it then
}

// Reasons why a row is refused.
const (
	reasonRequired       = "REQUIRED"
	reasonTooLong        = "TOO_LONG"
	reasonBadFormat      = "BAD_FORMAT"
	reasonOutOfRange     = "OUT_OF_RANGE"
	reasonDuplicate      = "DUPLICATE_EXTERNAL_ID"
	reasonUnknownManager = "UNKNOWN_MANAGER"
	reasonManagerCycle   = "MANAGER_CYCLE"
	reasonNotWithJobs    = "NOT_WITH_JOBS"
	reasonDuplicateJob   = "DUPLICATE_JOB_KEY"
)

// maxExternalID is the longest key taken from an HR system.
const maxExternalID = 64

// RowError is one reason why a row was not written.
type RowError struct {
	Row        int // position, from 0
	ExternalID string
	Field      string
	Reason     string
	Message    string
}

// problem records one bad field of a row.
type problem func(field, reason, format string, args ...any)

// checkKey looks at the external id alone: without it nobody knows whom the row means.
func (r StaffRow) checkKey(bad problem) bool {
	switch {
	case r.ExternalID == "":
		bad("external_id", reasonRequired, "is required; send the HR system's key")
	case !externalID(r.ExternalID):
		bad("external_id", reasonBadFormat, "must be 1 to %d letters, digits, \".\", \"_\" or \"-\"", maxExternalID)
	default:
		return true
	}
	return false
}

// check looks at everything but the external id and the manager, whom only the whole staff can tell.
func (r StaffRow) check(bad problem) {
	if strings.TrimSpace(r.DisplayName) == "" {
		bad("display_name", reasonRequired, "is required; send the name to print")
	}
	tooLong(bad, []text{
		{"display_name", r.DisplayName, 200},
		{"title", r.Title, 200},
		{"department", r.Department, 200},
		{"position", r.Position, 100},
		{"worker_type", r.WorkerType, 100},
		{"subject", r.Subject, 128},
	})
	if r.FTEPPM < 0 || r.FTEPPM > PPM {
		bad("fte_ppm", reasonOutOfRange, "is %d; send 0 to 1,000,000 (full time)", r.FTEPPM)
	}
	switch r.Status {
	case "", EmployeeActive, EmployeeLeave, EmployeeTerminated:
	default:
		bad("status", reasonOutOfRange, "is %s; send ACTIVE, LEAVE or TERMINATED", r.Status)
	}
	if m := r.ManagerExternalID; m != "" && !externalID(m) {
		bad("manager_external_id", reasonBadFormat, "must be 1 to %d letters, digits, \".\", \"_\" or \"-\"", maxExternalID)
	}
	r.checkJobs(bad)
}

// text is a field with the most characters it may have.
type text struct {
	field, value string
	most         int
}

func tooLong(bad problem, texts []text) {
	for _, t := range texts {
		if n := utf8.RuneCountInString(t.value); n > t.most {
			bad(t.field, reasonTooLong, "has %d characters; shorten it to at most %d", n, t.most)
		}
	}
}

// employee is what a good row tells about today, with its defaults filled in. TERMINATED without a last day to come makes yesterday
// the last one, unless an earlier one is given.
func (r StaffRow) employee(organization string, today Date) Employee {
	e := Employee{
		Organization: organization, ID: EmployeeID(r.ExternalID), ExternalID: r.ExternalID, DisplayName: r.DisplayName, Title: r.Title,
		Department: r.Department, Position: r.Position, FTEPPM: r.FTEPPM, WorkerType: r.WorkerType, Subject: r.Subject,
		Jobs: sortedJobs(r.Jobs), Leaves: sortedLeaves(r.Leaves), OnLeave: r.Status == EmployeeLeave, EndDate: r.EndDate,
	}
	if r.ManagerExternalID != "" {
		e.Manager = EmployeeID(r.ManagerExternalID)
	}
	if e.FTEPPM == 0 {
		e.FTEPPM = PPM
	}
	if r.Status == EmployeeTerminated {
		e = e.ended(r.EndDate, today)
	}
	return e.On(today)
}

// ended is the employee with a last day: the given one, or yesterday. Somebody who has left keeps theirs if none is given.
func (e Employee) ended(last, today Date) Employee {
	switch {
	case last != "":
		e.EndDate = last
	case e.GoneOn(today):
		return e
	default:
		e.EndDate = today.Add(0, -1)
	}
	return e.On(today)
}

func externalID(text string) bool {
	if text == "" || len(text) > maxExternalID {
		return false
	}
	for _, c := range []byte(text) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

// clip keeps an answer from repeating a megabyte of nonsense.
func clip(text string) string {
	if len(text) > 2*maxExternalID {
		return strings.ToValidUTF8(text[:2*maxExternalID], "") + "…"
	}
	return text
}
