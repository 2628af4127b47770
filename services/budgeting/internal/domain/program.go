package domain

import (
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Program is what the government does, durable across years.
type Program struct {
	Meta
	Organization string
	ID           string
	DisplayName  string
	Department   string
	Code         string
	Purpose      string
	Function     string
	Predecessor  string // id, or ""
	SunsetDate   Date
}

// ProgramName is the resource name of a program.
func ProgramName(organization, id string) string {
	return name("organizations", organization, "programs", id)
}

// Name is the resource name.
func (p Program) Name() string { return ProgramName(p.Organization, p.ID) }

// NewProgram is the first version of a program. at is the field that holds it, such as "program" or "programs[3]".
func NewProgram(p Program, at string, now time.Time) (Program, error) {
	p.Meta = Meta{}.Next(now)
	return p, p.check(at)
}

// Changed is the next version of p with the fields of next.
func (p Program) Changed(next Program, at string, now time.Time) (Program, error) {
	next.Organization, next.ID, next.Meta = p.Organization, p.ID, p.Next(now)
	return next, next.check(at)
}

// Same says whether next says what p says already.
func (p Program) Same(next Program) bool {
	next.Meta = p.Meta
	return p == next
}

func (p Program) check(at string) error {
	var v fault.Violations
	checkID(&v, at+".name", p.ID)
	required(&v, at+".display_name", p.DisplayName)
	required(&v, at+".code", p.Code)
	v.Check(p.Predecessor != p.ID, at+".predecessor", "names the program itself; name the one that it replaces")
	v.Check(p.SunsetDate.valid(), at+".sunset_date", "must be a calendar day")
	return v.Err()
}
