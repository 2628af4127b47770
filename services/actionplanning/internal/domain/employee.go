package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
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

// Employee is as the HR system tells of them; nobody is ever removed, only TERMINATED. Title, Department, Manager, Position, FTEPPM
// and Status are those of the day that On was last asked for.
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

	Jobs    []Job   // by first day and key; none means one without days, which the fields above tell
	Leaves  []Leave // by first day
	OnLeave bool    // told to be on leave, without days
	EndDate Date    // last day of employment; "" is open-ended
	Change  Date    // the next day on which On says something else, "" if it never will
}

// EmployeeName is the resource name of an employee.
func EmployeeName(organization, id string) string {
	return name("organizations", organization, "staff", id)
}

// Name is the resource name.
func (e Employee) Name() string { return EmployeeName(e.Organization, e.ID) }

// On is the employee as of a day: what their jobs, leaves and last day say about it. On a day without a job the FTE is 0, and the rest is
// of the job that starts next, or else of the one that ended last.
func (e Employee) On(day Date) Employee {
	switch {
	case e.GoneOn(day):
		e.Status = EmployeeTerminated
	case e.AwayOn(day):
		e.Status = EmployeeLeave
	default:
		e.Status = EmployeeActive
	}
	if len(e.Jobs) > 0 {
		main, fte := mainJob(e.Jobs, day)
		e.Title, e.Department, e.Manager, e.Position, e.FTEPPM = main.Title, main.Department, main.manager(), main.Position, fte
	}
	e.Change = e.nextChange(day)
	return e
}

// GoneOn says whether the employee has left by that day. Who was TERMINATED before last days were known has none.
func (e Employee) GoneOn(day Date) bool {
	if e.EndDate == "" {
		return e.Status == EmployeeTerminated
	}
	return e.EndDate < day
}

// AwayOn says whether the employee is on leave that day.
func (e Employee) AwayOn(day Date) bool {
	return e.OnLeave || slices.ContainsFunc(e.Leaves, func(l Leave) bool { return l.days().hold(day) })
}

// mainJob is the job with the largest share on that day, and the FTE of all together.
func mainJob(jobs []Job, day Date) (main Job, fte int) {
	held := false
	for _, j := range jobs {
		if j.days().hold(day) {
			if !held || j.FTEPPM > main.FTEPPM {
				main, held = j, true
			}
			fte += j.FTEPPM
		}
	}
	if held {
		return main, fte
	}
	next := slices.IndexFunc(jobs, func(j Job) bool { return j.StartDate > day })
	if next >= 0 {
		return jobs[next], 0
	}
	for _, j := range jobs {
		if j.EndDate > main.EndDate {
			main = j
		}
	}
	return main, 0
}

// nextChange is the first day after day on which a job or leave starts or has ended, or the employee has left; "" if none is.
func (e Employee) nextChange(day Date) Date {
	first := never
	consider := func(d Date) {
		if d > day && d < first {
			first = d
		}
	}
	for _, j := range e.Jobs {
		consider(j.StartDate)
		consider(j.EndDate.Next())
	}
	for _, l := range e.Leaves {
		consider(l.StartDate)
		consider(l.EndDate.Next())
	}
	consider(e.EndDate.Next())
	if first == never {
		return ""
	}
	return first
}

// Managers are the ids of everybody whom the employee reports to today or in some job, each at least once.
func (e Employee) Managers() []string { return append(e.managers(), e.Manager) }

// managers are the ids of everybody whom the employee reports to in some job, by job.
func (e Employee) managers() []string {
	if len(e.Jobs) == 0 {
		return []string{e.Manager}
	}
	ids := make([]string, len(e.Jobs))
	for i, j := range e.Jobs {
		ids[i] = j.manager()
	}
	return ids
}

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
	if reflect.DeepEqual(told, e) {
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

// Due are the next versions of those about whom something else holds today than what is stored.
func Due(staff []Employee, now time.Time) (due []Employee) {
	today := Today(now)
	for _, e := range staff {
		if e.Change == "" || e.Change > today {
			continue
		}
		next := e.On(today)
		next.Meta = e.Next(now)
		due = append(due, next)
	}
	return due
}
