package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/throughline/internal/importer"
	"github.com/throughline/throughline/services/throughline/internal/measurefile"
)

type measuresCommand struct {
	Connection
	File         string `arg:"" help:"File of measures, their targets and their values: CSV or another delimited text, or JSON lines." type:"existingfile"`
	Mapping      string `required:"" help:"YAML mapping that says what the columns are." type:"existingfile" placeholder:"FILE"`
	Organization string `help:"Organization to write to, such as organizations/riverbend; the mapping's when left out." placeholder:"NAME"`
	Token        string `help:"Token of role manager; minted with the data directory's local key when left out."`
	DryRun       bool   `help:"Read the file and print what would be recorded and what would be refused, but write nothing."`
}

// Run imports. What can be recorded is recorded; when anything is refused, it is printed and the command fails.
func (c *measuresCommand) Run(ctx context.Context, world World, settings *Settings) error {
	mapping, err := measurefile.OpenMapping(c.Mapping)
	if err != nil {
		return err
	}
	organization := mapping.Organization
	if c.Organization != "" {
		organization = strings.TrimPrefix(c.Organization, "organizations/")
	}
	if organization == "" || strings.Contains(organization, "/") {
		return &config.Error{Problem: "organization must be the name of an organization, such as organizations/riverbend; give it, or say it in the mapping"}
	}
	bars := newProgress(world.Stderr)
	defer bars.done()
	parsed, err := measurefile.ReadFile(ctx, mapping, c.File, func(read, total int) { bars.step(filepath.Base(c.File), read, total) })
	bars.done()
	if err != nil {
		return err
	}
	measureTotals(world.Stdout, parsed)
	if c.DryRun {
		printRefused(world.Stdout, parsed.File, parsed.RowErrors)
		return refusal(parsed.Totals.Refused())
	}
	suite, err := c.open()
	if err != nil {
		return err
	}
	defer func() { _ = suite.Close() }()
	if ctx, err = caller(ctx, world, settings, c.Token, organization, "manager"); err != nil {
		return err
	}
	report, err := importer.RunMeasures(ctx, suite, parsed, importer.MeasuresTarget{
		Organization: "organizations/" + organization, Progress: bars.step,
	})
	bars.done()
	if err != nil {
		return fmt.Errorf("%w; run this again: what is recorded already stays as it is", err)
	}
	printMeasures(world.Stdout, parsed, report)
	return refusal(parsed.Totals.Refused() + report.Refused + report.Values.Rejected)
}

func refusal(refused int) error {
	if refused == 0 {
		return nil
	}
	return fmt.Errorf("%d refused, as listed; mend the file or the mapping and run this again: what is recorded already stays as it is", refused)
}

func measureTotals(out io.Writer, p *measurefile.Parsed) {
	t := &p.Totals
	fmt.Fprintf(out, "%s, %s: %d measures\n", p.File, t.Encoding, len(p.Measures))
	fmt.Fprintf(out, "rows: %d read = %d mapped + %d skipped by rule + %d refused\n", t.Read, t.Mapped, t.Skipped, t.Rejected)
	fmt.Fprintf(out, "values: %d read = %d to record + %d not known + %d refused\n", t.Values, t.Recordable, t.Missing, t.BadValues)
	fmt.Fprintf(out, "targets: %d read = %d to set + %d said again + %d not known + %d refused\n",
		t.Targets, t.SetTargets, t.SameTargets, t.MissingTargets, t.BadTargets)
	for _, s := range p.Skipped {
		fmt.Fprintf(out, "skipped by rule %q: %d rows\n", s.Rule, s.Rows)
	}
	for n, notice := range p.Notices {
		if n == maxShown {
			fmt.Fprintf(out, "… and %d more notes\n", len(p.Notices)-maxShown)
			break
		}
		fmt.Fprintf(out, "note: %s: %s\n", notice.Code, notice.Detail)
	}
}

// printRefused prints every row that was refused: what is not printed would be lost.
func printRefused(out io.Writer, file string, errors []measurefile.RowError) {
	for _, e := range errors {
		fmt.Fprintf(out, "%s:%d: column %q, value %q: %s\n", file, e.Line, e.Column, e.Value, e.Remedy)
	}
}

func printMeasures(out io.Writer, p *measurefile.Parsed, r importer.MeasuresReport) {
	printRefused(out, p.File, p.RowErrors)
	printRefused(out, p.File, r.Errors)
	if r.Unlisted > 0 {
		fmt.Fprintf(out, "%d more values were refused, of which the suite listed no more\n", r.Unlisted)
	}
	fmt.Fprintf(out, "measures: %d created, %d updated, %d unchanged, %d refused\n", r.Measures.Created, r.Measures.Updated, r.Measures.Unchanged, r.Refused)
	v := r.Values
	fmt.Fprintf(out, "values: %d read = %d accepted + %d revised + %d duplicate + %d not known + %d refused\n",
		p.Totals.Values, v.Accepted, v.Revised, v.Duplicate, v.Missing, v.Rejected+p.Totals.BadValues)
}
