package cli

import (
	"context"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/sample"
)

type demoCommand struct {
	Connection
	Sample string `default:"deploy/samples/riverbend" help:"Folder of the sample city." type:"existingdir" placeholder:"DIR"`
	URL    string `default:"http://127.0.0.1:8080" help:"Base of the REST API, for the commands that are printed."`
}

// Run loads the sample city into a running suite on this machine.
func (d *demoCommand) Run(ctx context.Context, world World, settings *Settings) error {
	local, err := localCallers(world, settings)
	if err != nil {
		return err
	}
	return runDemo(ctx, world, settings, d.Connection, local, d.Sample, d.URL)
}

// loadSample is demo against the suite of this very process, through its gRPC listener like any other client.
func (s *serveCommand) loadSample(ctx context.Context, world World, settings *Settings, c throughline.Config, suite *throughline.Suite) error {
	reach := Connection{Address: c.GRPC.Addr().String(), TLS: c.TLS != nil, TLSCA: s.TLSCert}
	return runDemo(ctx, world, settings, reach, callers{suite.Keys}, s.Sample, s.url(c))
}

func runDemo(ctx context.Context, world World, settings *Settings, reach Connection, local callers, dir, url string) error {
	organization, err := sample.Organization(dir)
	if err != nil {
		return err
	}
	suite, err := reach.open()
	if err != nil {
		return err
	}
	defer func() { _ = suite.Close() }()
	bars := newProgress(world.Stderr)
	loaded, err := sample.Load(ctx, suite, func(ctx context.Context, subject string, roles ...string) (context.Context, error) {
		of := organization
		if roles[0] == authn.RoleOperator {
			of = authn.NoOrganization
		}
		return local.as(ctx, of, subject, roles...)
	}, sample.Options{Dir: dir, Progress: bars.step})
	bars.done()
	if err != nil {
		return err
	}
	invite(world.Stdout, settings, organization, url, loaded)
	return nil
}

// invite prints commands that a newcomer can paste.
func invite(out io.Writer, settings *Settings, organization, url string, l sample.Loaded) {
	a := l.Allocation
	state := "loaded"
	if l.Already {
		state = "there already"
	}
	fmt.Fprintf(out, `
%s is %s: %d programs, allocation %s is %s.

1. A token for the finance office:
   TOKEN=$(bin/throughline token --role finance --organization %s --data-dir %s)

2. An allocation with the General Fund at 97 %%, by the council's priorities:
   curl -s -X POST %s/v1/%s/allocations \
     -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: my-first-allocation" \
     -d '{"displayName": "What if 97 %%?", "parameters": {"envelopeScales": [{"fund": "%s", "sharePpm": 970000}]}}'

3. Why one program got its money, to the dollar, and what its results moved:
   curl -s -H "Authorization: Bearer $TOKEN" \
     "%s/v1/%s:explain?program=%s"

4. What priorities changed, against the same cut for all:
   curl -s -H "Authorization: Bearer $TOKEN" \
     "%[11]s/v1/%[12]s:compare?baseline=BASELINE_ACROSS_THE_BOARD"

5. Its proof, checked without the server:
   curl -s -H "Authorization: Bearer $TOKEN" -o %[14]s \
     "%[11]s/v1/%[12]s:export?format=EXPORT_FORMAT_PROOF" && bin/throughline verify %[14]s

6. What that money is for, out to the vision:
   curl -s -H "Authorization: Bearer $TOKEN" \
     "%[11]s/v1/%[12]s/lines/%[15]s:zoom"
`, l.City.Organization.GetDisplayName(), state, a.GetPrograms(), a.GetName(), a.GetOutcome(),
		organization, pasted(settings.DataDir),
		url, parentOf(a.GetName()), scaledFund(l),
		url, a.GetName(), l.City.Example, pasted(filepath.Join(settings.DataDir, "proof.json")), path.Base(l.City.Example))
}

func parentOf(allocation string) string { return path.Dir(path.Dir(allocation)) }

// plain is a path that a shell takes as it is.
var plain = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// pasted is a path as a shell wants it.
func pasted(file string) string {
	if plain.MatchString(file) {
		return file
	}
	return "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
}

// scaledFund is the fund that the sample's own allocation runs short of.
func scaledFund(l sample.Loaded) string {
	for _, s := range l.City.Allocation.GetParameters().GetEnvelopeScales() {
		return s.GetFund()
	}
	return ""
}
