package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/throughline/internal/importer"
	"github.com/throughline/throughline/services/throughline/internal/planfile"
)

type planCommand struct {
	Connection
	File    string `arg:"" help:"File of the plan's hierarchy: JSON, or CSV or another delimited text." type:"existingfile"`
	Mapping string `required:"" help:"YAML mapping that says what the levels are." type:"existingfile" placeholder:"FILE"`
	Plan    string `required:"" help:"Plan to write goals to, such as organizations/riverbend/plans/strategic; made as a draft when missing." placeholder:"NAME"`
	Token   string `help:"Token of role manager; minted with the data directory's local key when left out."`
	DryRun  bool   `help:"Read the file and print what would be written, but write nothing."`
}

// Run imports the goals, all or none.
func (c *planCommand) Run(ctx context.Context, world World, settings *Settings) error {
	organization := resource.Organization(c.Plan)
	if id, ok := strings.CutPrefix(c.Plan, "organizations/"+organization+"/plans/"); organization == "" || !ok || id == "" || strings.Contains(id, "/") {
		return &config.Error{Problem: "plan must be the name of a plan, such as organizations/riverbend/plans/strategic"}
	}
	mapping, err := planfile.OpenMapping(c.Mapping)
	if err != nil {
		return err
	}
	parsed, err := planfile.ReadFile(mapping, c.File)
	if err != nil {
		return err
	}
	for i, level := range mapping.Levels {
		fmt.Fprintf(world.Stdout, "%s: %d\n", level.Name, parsed.Counts[i])
	}
	fmt.Fprintf(world.Stdout, "%s: %d goals of %d rows, %d rows left out, %d empty objects\n", parsed.File, len(parsed.Goals), parsed.Rows, parsed.Skipped, parsed.Empty)
	for _, member := range slices.Sorted(maps.Keys(parsed.Unread)) {
		fmt.Fprintf(world.Stdout, "note: %s is in the file %d times and no level reads it\n", member, parsed.Unread[member])
	}
	for _, p := range parsed.Problems {
		fmt.Fprintf(world.Stdout, "%s: %s\n", p.Where, p.Remedy)
	}
	if n := len(parsed.Problems); n > 0 {
		return fmt.Errorf("nothing was imported: %d places cannot be read, as listed; mend the file or the mapping", n)
	}
	if c.DryRun {
		return nil
	}
	suite, err := c.open()
	if err != nil {
		return err
	}
	defer func() { _ = suite.Close() }()
	if ctx, err = caller(ctx, world, settings, c.Token, organization, "manager"); err != nil {
		return err
	}
	bars := newProgress(world.Stderr)
	report, err := importer.RunPlan(ctx, suite, mapping, parsed, importer.PlanTarget{Plan: c.Plan, Progress: bars.step})
	bars.done()
	if err != nil {
		return fmt.Errorf("%w; run this again: what is written already stays as it is", err)
	}
	if report.Made {
		fmt.Fprintf(world.Stdout, "%s was made\n", c.Plan)
	}
	fmt.Fprintf(world.Stdout, "goals: %d created, %d updated, %d unchanged\n", report.Goals.Created, report.Goals.Updated, report.Goals.Unchanged)
	return nil
}
