package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/throughline"
)

// letterPage is how many dead letters are read at once.
const letterPage = 200

// allLetters is what --retry takes for every dead letter.
const allLetters = "all"

type deadLettersCommand struct {
	Service  string          `help:"Only those of this service, such as budgeting." placeholder:"NAME"`
	Retry    string          `help:"Have the event of this id, or all, tried again by the running service." placeholder:"ID|all" xor:"act"`
	Drop     string          `help:"Forget the event of this id." placeholder:"ID" xor:"act"`
	Database daemon.Database `embed:"" prefix:"database-"`
}

// Run lists the dead letters, after it has marked or dropped what it was told to.
func (d *deadLettersCommand) Run(ctx context.Context, world World, settings *Settings) error {
	var services []string
	for _, database := range throughline.Databases() {
		services = append(services, database.Service)
	}
	if d.Service != "" && !slices.Contains(services, d.Service) {
		return &config.Error{Problem: fmt.Sprintf("service %q is not known; use one of %v", d.Service, services)}
	}
	url, err := d.Database.Connection()
	if err != nil {
		return &config.Error{Problem: err.Error()}
	}
	var changed, listed int64
	table := tabwriter.NewWriter(world.Stdout, 0, 0, 2, ' ', 0)
	err = throughline.EachDatabase(ctx, settings.DataDir, url, func(service string, db sqldb.DB) error {
		if d.Service != "" && d.Service != service {
			return nil
		}
		n, err := d.change(ctx, db)
		if err != nil {
			return err
		}
		changed += n
		n, err = list(ctx, table, service, db, listed == 0)
		listed += n
		return err
	})
	if err != nil {
		return err
	}
	if id := d.Retry + d.Drop; changed == 0 && id != "" && id != allLetters {
		return fmt.Errorf("no dead letter has the id %s; throughline dead-letters lists them", id)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return d.sayDone(world.Stdout, changed, listed, url == "")
}

// change does what the flags say and answers how many letters it changed.
func (d *deadLettersCommand) change(ctx context.Context, db sqldb.DB) (n int64, err error) {
	if d.Retry == "" && d.Drop == "" {
		return 0, nil
	}
	err = db.Write(ctx, func(tx sqldb.Tx) (err error) {
		switch {
		case d.Drop != "":
			n, err = inbox.Drop(tx, d.Drop)
		case d.Retry == allLetters:
			n, err = inbox.Retry(tx, "")
		default:
			n, err = inbox.Retry(tx, d.Retry)
		}
		return err
	})
	return n, err
}

// list writes a service's dead letters, page by page, and answers how many.
func list(ctx context.Context, out io.Writer, service string, db sqldb.DB, first bool) (n int64, err error) {
	var last inbox.Letter
	for {
		var page []inbox.Letter
		if err := db.Read(ctx, func(tx sqldb.Tx) (err error) { page, err = inbox.Letters(tx, "", last, letterPage); return err }); err != nil {
			return n, err
		}
		if len(page) == 0 {
			return n, nil
		}
		if first {
			fmt.Fprintln(out, "SERVICE\tID\tTYPE\tSUBJECT\tTIME\tRETRY\tCAUSE")
			first = false
		}
		for _, l := range page {
			retry, e := "no", l.Event
			if l.Retry {
				retry = "yes"
			}
			cause, _, _ := strings.Cut(l.Cause, "\n")
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", service, e.ID, e.Type, e.Subject, e.Time.Format(time.RFC3339), retry, cause)
		}
		n, last = n+int64(len(page)), page[len(page)-1]
	}
}

// sayDone sums up.
func (d *deadLettersCommand) sayDone(out io.Writer, changed, listed int64, stopped bool) (err error) {
	switch {
	case d.Retry != "" && stopped:
		_, err = fmt.Fprintf(out, "marked %d to be tried again once the suite serves\n", changed)
	case d.Retry != "":
		_, err = fmt.Fprintf(out, "marked %d to be tried again within seconds\n", changed)
	case d.Drop != "":
		_, err = fmt.Fprintf(out, "dropped %d\n", changed)
	case listed == 0:
		_, err = fmt.Fprintln(out, "no dead letters")
	}
	return err
}
