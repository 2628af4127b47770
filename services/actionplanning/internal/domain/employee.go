package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// EmployeeStatus says whether an employee works.
type EmployeeStatus string

// Statuses of an employee.
const (
	EmployeeActive     EmployeeStatus = "ACTIVE"
	EmployeeLeave      EmployeeStatus = "LEAVE"
	EmployeeTerminated EmployeeStatus = "TERMINATED"
)

// Employee is as the HR system tells of them; nobody is ever removed, only TERMINATED.
type Employee struct {
	Meta
	Organization string
	ID           string // EmployeeID(ExternalID)
	ExternalID   string
	DisplayName  string
	Title        string
	Department   string
	Manager      string // employee id, or "" at the top
	Position     string
	FTEPPM       int // full-time equivalent
	Status       EmployeeStatus
	WorkerType   string
	Subject      string // of their tokens
}

// EmployeeName is the resource name of an employee.
func EmployeeName(organization, id string) string {
	return name("organizations", organization, "staff", id)
}

// Name is the resource name.
func (e Employee) Name() string { return EmployeeName(e.Organization, e.ID) }

// Assignable refuses to give work to somebody who is gone.
func (e Employee) Assignable() error {
	if e.Status != EmployeeTerminated {
		return nil
	}
	return fault.State("EMPLOYEE_TERMINATED", "%s (%s) is TERMINATED; assign somebody who works, or sync them as ACTIVE again", e.Name(), e.DisplayName)
}

// with is the next version of e that tells the same as told; ok is false when e already does.
func (e Employee) with(told Employee, now time.Time) (next Employee, ok bool) {
	told.Meta = e.Meta
	if told == e {
		return e, false
	}
	told.Meta = e.Next(now)
	return told, true
}

// Limits of ids.
const (
	maxID      = 63 // AIP-122
	maxSlug    = 40
	hashDigits = 16
)

// EmployeeID is the resource id of an HR key: "e-" and the key where that is a proper id (AIP-122), else "x-", what is left
// of the key and 64 bits of its SHA-256. The two prefixes keep a plain key from ever meeting a hashed one.
func EmployeeID(externalID string) string {
	slug := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, externalID)
	slug = strings.Trim(slug, "-")
	if slug == externalID && slug != "" && len(slug)+2 <= maxID {
		return "e-" + slug
	}
	sum := sha256.Sum256([]byte(externalID))
	slug = strings.TrimRight(slug[:min(len(slug), maxSlug)], "-")
	if slug != "" {
		slug += "-"
	}
	return "x-" + slug + hex.EncodeToString(sum[:])[:hashDigits]
}
