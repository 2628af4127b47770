// Package cli is the command line of throughline.
package cli

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/telemetry"
	"github.com/throughline/throughline/services/throughline"
)

// World is what commands touch outside the process.
type World struct {
	Stdout, Stderr io.Writer
	Now            func() time.Time
}

// Settings are every command and flag; each flag is also THROUGHLINE_… in the environment and a key of the YAML file.
type Settings struct {
	config.File
	DataDir   string           `default:".throughline" help:"Folder that holds the databases and the local key." type:"path"`
	KeyFile   string           `help:"Key that signs tokens; the data directory's local key when left out." type:"path" placeholder:"FILE"`
	Telemetry telemetry.Config `embed:"" prefix:"telemetry-"`

	Serve          serveCommand       `cmd:"" help:"Serve the whole suite: REST, gRPC, and its databases in the data directory."`
	Up             upCommand          `cmd:"" help:"Serve the distributed suite on this machine: PostgreSQL, Redis and replicas of every program."`
	Token          tokenCommand       `cmd:"" help:"Mint a token with the key and print it."`
	Key            keyCommand         `cmd:"" help:"Make a key file for the services of the distributed mode to share."`
	Migrate        migrateCommand     `cmd:"" help:"Bring the databases to the newest schema: the data directory's, as serve does too, or PostgreSQL's."`
	Import         importCommand      `cmd:"" help:"Import a city's budget files into a running suite by a mapping."`
	ImportElection electionCommand    `cmd:"" help:"Import a participatory-budgeting election (.pb) into a running suite."`
	ImportMeasures measuresCommand    `cmd:"" help:"Import a city's performance measures into a running suite by a mapping."`
	ImportPlan     planCommand        `cmd:"" help:"Import the hierarchy of a plan (goals below goals) into a running suite by a mapping."`
	SyncStaff      syncStaffCommand   `cmd:"" help:"Sync the staff with an HR system's roster by a mapping."`
	Demo           demoCommand        `cmd:"" help:"Load a sample city into a running suite and run the main job."`
	Verify         verifyCommand      `cmd:"" help:"Verify an allocation's proof file offline, without any service."`
	DeadLetters    deadLettersCommand `cmd:"" help:"List events that a service could not take in; have them tried again, or drop them. The suite must not be running on the data directory."`
	Audit          auditCommand       `cmd:"" help:"Check what must always be true of a system's data, running or not; nothing is written."`
	Backup         backupCommand      `cmd:"" help:"Copy the four databases as they are at one moment; the suite may be running."`
	Restore        restoreCommand     `cmd:"" help:"Put a backup into the data directory; the suite must not be running."`
}

// key is the file of the key that signs tokens.
func (s *Settings) key() string { return cmp.Or(s.KeyFile, throughline.KeyFile(s.DataDir)) }

// Main runs one command and answers the exit code: 0 done, 1 failed, 2 bad usage or configuration.
func Main(ctx context.Context, args []string, world World) int {
	var settings Settings
	chosen, err := config.Parse(&settings, config.Program{
		Name: "throughline", Help: "Money that follows priorities and measured results.", Args: args,
		Stdout: world.Stdout, Bindings: []any{world, &settings},
	})
	if err == nil {
		chosen.BindTo(ctx, (*context.Context)(nil))
		err = chosen.Run()
	}
	return config.ExitCode(world.Stderr, "throughline", err)
}
