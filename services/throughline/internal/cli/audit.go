package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/audit"
)

type auditCommand struct {
	Database     daemon.Database `embed:"" prefix:"database-"`
	Organization string          `help:"Id of the one organization to audit; all when left out." placeholder:"ID"`
	Replay       bool            `help:"Solve every allocation again and judge every results revision again, which can take long."`
	JSON         bool            `name:"json" help:"Print the report as JSON."`
}

// Run audits and prints; findings are an error.
func (a *auditCommand) Run(ctx context.Context, world World, settings *Settings) error {
	url, err := a.Database.Connection()
	if err != nil {
		return &config.Error{Problem: err.Error()}
	}
	report, err := throughline.Audit(ctx, throughline.AuditConfig{
		DataDir: settings.DataDir, Postgres: url, Now: world.Now, Options: audit.Options{Organization: a.Organization, Replay: a.Replay},
	})
	if err != nil {
		return err
	}
	if a.JSON {
		out := json.NewEncoder(world.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(report)
	} else {
		printAudit(world.Stdout, report)
	}
	if err == nil && !report.Clean {
		var failed int64
		for _, c := range report.Checks {
			failed += c.Failed
		}
		err = fmt.Errorf("the audit found %d things that are not as they must be", failed)
	}
	return err
}

func printAudit(out io.Writer, r audit.Report) {
	for _, c := range r.Checks {
		state := "ok"
		switch {
		case c.Failed > 0:
			state = "FAIL"
		case len(c.Warnings) > 0:
			state = "warn"
		}
		fmt.Fprintf(out, "%-4s  %-13s  %d %s", state, c.Name, c.Looked, c.Unit)
		if c.Skipped > 0 {
			fmt.Fprintf(out, ", %d that this version cannot judge", c.Skipped)
		}
		if c.Failed > 0 {
			fmt.Fprintf(out, ", %d findings", c.Failed)
		}
		fmt.Fprintf(out, ": %s\n", c.Holds)
		for _, f := range append(c.Findings, c.Warnings...) {
			fmt.Fprintf(out, "      %s\n        expected  %s\n        found     %s\n        remedy    %s\n", f.Resource, f.Expected, f.Found, f.Remedy)
		}
		if more := c.Failed - int64(len(c.Findings)); more > 0 {
			fmt.Fprintf(out, "      and %d more\n", more)
		}
	}
}
