package domain

import (
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Organization is a local government: the tenant that owns everything else.
type Organization struct {
	Meta
	ID                   string
	DisplayName          string
	Vision               string
	Mission              string
	Values               []string
	CurrencyCode         string // ISO 4217; never changes
	FiscalYearStartMonth int    // 1 to 12
	TimeZone             string // IANA
	PublicReports        bool   // anyone may read published progress reports
}

// OrganizationName is the resource name of an organization.
func OrganizationName(id string) string { return name("organizations", id) }

// Name is the resource name.
func (o Organization) Name() string { return OrganizationName(o.ID) }

// NewOrganization fills defaults and checks the whole.
func NewOrganization(o Organization, now time.Time) (Organization, error) {
	o.Meta = Meta{}.Next(now)
	return o.checked()
}

// Changed is the next version of o with the fields of next; the currency must stay.
func (o Organization) Changed(next Organization, now time.Time) (Organization, error) {
	if next.CurrencyCode != o.CurrencyCode {
		var v fault.Violations
		v.Add("organization.currency_code", "is immutable (%s); leave it out or send it unchanged", o.CurrencyCode)
		return o, v.Err()
	}
	next.ID, next.Meta = o.ID, o.Next(now)
	return next.checked()
}

func (o Organization) checked() (Organization, error) {
	if o.FiscalYearStartMonth == 0 {
		o.FiscalYearStartMonth = 1
	}
	if o.TimeZone == "" {
		o.TimeZone = "UTC"
	}
	var v fault.Violations
	required(&v, "organization.display_name", o.DisplayName)
	v.Check(len(o.CurrencyCode) == 3, "organization.currency_code", "must be an ISO 4217 code such as USD")
	v.Check(o.FiscalYearStartMonth >= 1 && o.FiscalYearStartMonth <= 12,
		"organization.fiscal_year_start_month", "must be a month, 1 to 12")
	if _, err := time.LoadLocation(o.TimeZone); err != nil {
		v.Add("organization.time_zone", "is not an IANA time zone; use one such as America/Chicago")
	}
	return o, v.Err()
}
