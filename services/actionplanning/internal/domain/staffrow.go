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
	for _, f := range []struct {
		field, value string
		most         int
	}{
		{"display_name", r.DisplayName, 200},
		{"title", r.Title, 200},
		{"department", r.Department, 200},
		{"position", r.Position, 100},
		{"worker_type", r.WorkerType, 100},
		{"subject", r.Subject, 128},
	} {
		if n := utf8.RuneCountInString(f.value); n > f.most {
			bad(f.field, reasonTooLong, "has %d characters; shorten it to at most %d", n, f.most)
		}
	}
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
}

// employee is what a good row tells, with its defaults filled in.
func (r StaffRow) employee(organization string) Employee {
	e := Employee{
		Organization: organization, ID: EmployeeID(r.ExternalID), ExternalID: r.ExternalID, DisplayName: r.DisplayName, Title: r.Title,
		Department: r.Department, Position: r.Position, FTEPPM: r.FTEPPM, Status: r.Status, WorkerType: r.WorkerType, Subject: r.Subject,
	}
	if r.ManagerExternalID != "" {
		e.Manager = EmployeeID(r.ManagerExternalID)
	}
	if e.FTEPPM == 0 {
		e.FTEPPM = PPM
	}
	if e.Status == "" {
		e.Status = EmployeeActive
	}
	return e
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
