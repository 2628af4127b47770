package cli

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/throughline/internal/budgetfile"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/importer"
)

type importCommand struct {
	Connection
	Mapping string `required:"" help:"YAML mapping that says what the columns are." type:"existingfile" placeholder:"FILE"`
	Files   string `required:"" help:"Folder that holds the files the mapping names." type:"existingdir" placeholder:"DIR"`
	Budget  string `required:"" help:"Budget to write, such as organizations/riverbend/budgets/fy2027; made when missing." placeholder:"NAME"`
	Plan    string `required:"" help:"Plan whose priorities the budget follows." placeholder:"NAME"`
	Attest  string `help:"Evidence with which you vouch for base and alignment of all requests; without it alignment counts as unknown."`
	Token   string `help:"Token of role finance; minted with the data directory's local key when left out."`
	DryRun  bool   `help:"Read the files and print the control totals, but write nothing."`
}

// maxShown is how many bad rows are printed; the count is always told.
const maxShown = 50

// Run imports.
func (i *importCommand) Run(ctx context.Context, world World, settings *Settings) error {
	organization := resource.Organization(i.Budget)
	if organization == "" || resource.Organization(i.Plan) != organization {
		return &config.Error{Problem: "budget and plan must be names of the same organization, such as organizations/riverbend/budgets/fy2027"}
	}
	bars := newProgress(world.Stderr)
	parsed, err := budgetfile.ReadDir(ctx, i.Mapping, i.Files, bars.files())
	bars.done()
	if err != nil {
		return err
	}
	controlTotals(world.Stdout, parsed)
	if err := refuse(world.Stdout, parsed); err != nil || i.DryRun {
		return err
	}
	suite, err := i.open()
	if err != nil {
		return err
	}
	defer func() { _ = suite.Close() }()
	if ctx, err = caller(ctx, world, settings, i.Token, organization, "finance"); err != nil {
		return err
	}
	report, err := importer.Run(ctx, suite, parsed, importer.Target{
		Budget: i.Budget, Plan: i.Plan, Evidence: i.Attest, Progress: bars.step,
	})
	bars.done()
	if err != nil {
		return err
	}
	return printReport(world.Stdout, parsed, report)
}

// caller carries the token, or one of the role minted here.
func caller(ctx context.Context, world World, settings *Settings, token, organization, role string) (context.Context, error) {
	if token != "" {
		return client.As(ctx, token), nil
	}
	local, err := localCallers(world, settings)
	if err != nil {
		return nil, err
	}
	return local.as(ctx, organization, "import", role)
}

// refuse prints every bad row and total; an import is whole or not at all.
func refuse(out io.Writer, p *budgetfile.Parsed) error {
	for n, e := range p.RowErrors {
		if n == maxShown {
			fmt.Fprintf(out, "… and %d more\n", len(p.RowErrors)-maxShown)
			break
		}
		fmt.Fprintf(out, "%s:%d: column %q, value %q: %s\n", e.File, e.Line, e.Column, e.Value, e.Remedy)
	}
	for _, m := range p.Mismatches {
		fmt.Fprintf(out, "%s: want %d (%s), got %d minor units\n", m.What, m.Want, m.WantFrom, m.Got)
	}
	if len(p.RowErrors)+len(p.Mismatches) > 0 {
		return fmt.Errorf("nothing was imported: %d bad cells, %d totals that do not tie; mend the file or the mapping",
			len(p.RowErrors), len(p.Mismatches))
	}
	return nil
}

func controlTotals(out io.Writer, p *budgetfile.Parsed) {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "file\tread\tmapped\tskipped by rule\trejected\tlines\t")
	for _, f := range p.ControlTotals.Files {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t\n", f.File, f.Read, f.Mapped, f.Skipped, f.Rejected, f.Lines)
	}
	_ = t.Flush()
	for _, s := range p.ControlTotals.Skipped {
		fmt.Fprintf(out, "skipped in %s by rule %q: %d rows\n", s.File, s.Rule, s.Rows)
	}
	type key struct {
		side    budgetfile.Side
		version budgetfile.Version
	}
	sums, order := map[key]int64{}, []key{}
	for _, l := range p.ControlTotals.Lines {
		k := key{l.Side, l.Version}
		if _, seen := sums[k]; !seen {
			order = append(order, k)
		}
		sums[k] += l.Amount
	}
	for _, k := range order {
		fmt.Fprintf(out, "total %s %s: %s\n", k.side, k.version, amount(p.Mapping.Currency, sums[k]))
	}
	for _, n := range p.Notices {
		fmt.Fprintf(out, "note: %s: %s\n", n.Code, n.Detail)
	}
}

func printReport(out io.Writer, p *budgetfile.Parsed, r importer.Report) error {
	fmt.Fprintf(out, "%d funds written\n", r.Funds)
	for _, c := range []struct {
		what string
		importer.Counts
	}{{"programs", r.Programs}, {"line items", r.LineItems}, {"funding requests", r.Requests}} {
		fmt.Fprintf(out, "%s: %d created, %d updated, %d unchanged\n", c.what, c.Created, c.Updated, c.Unchanged)
	}
	want, lines := int64(0), 0
	for _, l := range p.ControlTotals.Lines {
		want, lines = want+l.Amount, lines+l.Lines
	}
	got, have, err := sum(p.Mapping.Currency, r)
	if err != nil {
		return err
	}
	if got != want || have != lines {
		return fmt.Errorf("the suite holds %d lines of %s and the files %d lines of %s; the budget has lines from elsewhere",
			have, amount(p.Mapping.Currency, got), lines, amount(p.Mapping.Currency, want))
	}
	fmt.Fprintf(out, "control totals tie: %d lines, revenue and expenditure together %s\n", lines, amount(p.Mapping.Currency, want))
	return nil
}
