package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/throughline/internal/rosterfile"
)

type syncStaffCommand struct {
	Connection
	Roster        string  `arg:"" help:"Roster of the HR system: CSV or another delimited text." type:"existingfile"`
	Mapping       string  `required:"" help:"YAML mapping that says what the columns are." type:"existingfile" placeholder:"FILE"`
	Organization  string  `help:"Organization whose staff to sync, such as organizations/riverbend; the mapping's when left out." placeholder:"NAME"`
	Full          bool    `help:"The roster names everybody: end those whom it does not name."`
	SyncID        string  `help:"Id of this sync: a sync that was done answers its first result. Made of the file's name and the time when left out." placeholder:"ID"`
	MaxTombstones float64 `help:"Most that a full sync may end, in percent of those who work; 5 when left out." placeholder:"PERCENT"`
	Token         string  `help:"Token of role hr; minted with the data directory's local key when left out."`
	DryRun        bool    `help:"Check the roster against the staff there are and print what would change, but write nothing."`
}

// Run syncs. What can be written is written; when anything is refused, it is printed and the command fails.
func (c *syncStaffCommand) Run(ctx context.Context, world World, settings *Settings) error {
	if c.MaxTombstones < 0 || c.MaxTombstones > 100 {
		return &config.Error{Problem: "max-tombstones must lie between 0 and 100 percent"}
	}
	mapping, err := rosterfile.OpenMapping(c.Mapping)
	if err != nil {
		return err
	}
	organization := cmp.Or(strings.TrimPrefix(c.Organization, "organizations/"), mapping.Organization)
	if organization == "" || strings.Contains(organization, "/") {
		return &config.Error{Problem: "organization must be the name of an organization, such as organizations/riverbend; give it, or say it in the mapping"}
	}
	parsed, err := rosterfile.ReadFile(ctx, mapping, c.Roster)
	if err != nil {
		return err
	}
	printRoster(world.Stdout, parsed)
	if c.Full && parsed.Rejected > 0 {
		return fmt.Errorf("nothing was sent: %d lines cannot be read, and a full sync would end the employees they name; mend the roster or the mapping", parsed.Rejected)
	}
	suite, err := c.open()
	if err != nil {
		return err
	}
	defer func() { _ = suite.Close() }()
	if ctx, err = caller(ctx, world, settings, c.Token, organization, "hr"); err != nil {
		return err
	}
	bars := newProgress(world.Stderr)
	answer, err := rosterfile.Send(ctx, suite, parsed.Rows, rosterfile.Target{
		Organization: "organizations/" + organization, Full: c.Full, DryRun: c.DryRun, MaxTombstonePPM: int32(c.MaxTombstones*10_000 + 0.5),
		SyncID: cmp.Or(c.SyncID, parsed.File+" "+world.Now().UTC().Format(time.RFC3339)), Progress: func(done, total int) { bars.step("employees", done, total) },
	})
	bars.done()
	if err != nil {
		return err
	}
	printSync(world.Stdout, parsed, answer, c.DryRun)
	if refused := parsed.Rejected + int(answer.GetRejected()); refused > 0 {
		return fmt.Errorf("%d refused, as listed; mend the roster or the mapping and run this again: what is written already stays as it is", refused)
	}
	return nil
}

func printRoster(out io.Writer, p *rosterfile.Parsed) {
	fmt.Fprintf(out, "%s, %s: %d lines = %d mapped + %d skipped by rule + %d refused; %d employees\n",
		p.File, p.Encoding, p.Read, p.Mapped, p.Skipped, p.Rejected, len(p.Rows))
	for _, rule := range slices.Sorted(maps.Keys(p.SkippedBy)) {
		fmt.Fprintf(out, "skipped by rule %q: %d lines\n", rule, p.SkippedBy[rule])
	}
	if len(p.Ignored) > 0 {
		fmt.Fprintf(out, "columns not read: %s\n", strings.Join(p.Ignored, ", "))
	}
	for _, e := range p.Errors {
		fmt.Fprintf(out, "%s:%d: column %q, value %q: %s\n", p.File, e.Line, e.Column, e.Value, e.Remedy)
	}
}

func printSync(out io.Writer, p *rosterfile.Parsed, r *actionplanningv1.SyncStaffResponse, dry bool) {
	for _, e := range r.GetErrors() {
		line := 0
		if i := int(e.GetRow()); i >= 0 && i < len(p.Rows) {
			line = p.Rows[i].Line
		}
		fmt.Fprintf(out, "%s:%d: employee %q, %s: %s\n", p.File, line, e.GetExternalId(), e.GetField(), e.GetMessage())
	}
	would := ""
	if dry {
		would = "dry run, nothing written: "
	}
	fmt.Fprintf(out, "%semployees: %d created, %d updated, %d unchanged, %d refused; %d ended, %d assignments of leavers went to their managers\n",
		would, r.GetCreated(), r.GetUpdated(), r.GetUnchanged(), r.GetRejected(), r.GetTerminated(), r.GetReassigned())
}
