package app

import (
	"context"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// PublicReports selects what anyone may read: published reports, the latest period first.
const (
	PublicReportsFilter = `state = "` + string(domain.ReportPublished) + `"`
	PublicReportsOrder  = "period_end desc"
)

// ViewReport reads a published report for anyone. What may not be read does not exist, in the same words.
func (a *App) ViewReport(ctx context.Context, k ReportKey) (domain.ProgressReport, error) {
	if err := a.public(ctx, k.Organization, k.name()); err != nil {
		return domain.ProgressReport{}, err
	}
	r, err := resource.Read(ctx, a.Store, k.frozen)
	if err == nil && r.State != domain.ReportPublished {
		err = fault.Missing(k.name())
	}
	if err != nil {
		return domain.ProgressReport{}, err
	}
	return r.Public(), nil
}

// ViewReports reads a page of the published reports for anyone; q selects them by PublicReportsFilter.
func (a *App) ViewReports(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.ProgressReport], error) {
	if err := a.public(ctx, organization, domain.OrganizationName(organization)+"/progressReports"); err != nil {
		return resource.Page[domain.ProgressReport]{}, err
	}
	page, err := a.ListReports(ctx, organization, q)
	for i, r := range page.Items {
		page.Items[i] = r.Public()
	}
	return page, err
}

// public refuses, as if name did not exist, unless the organization lets anyone read. It is asked at each call, so that
// what it takes back is gone at once.
func (a *App) public(ctx context.Context, organization, name string) error {
	public, err := a.Goals.PublicReports(ctx, organization)
	if err == nil && !public {
		err = fault.Missing(name)
	}
	return err
}
