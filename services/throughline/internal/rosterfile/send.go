package rosterfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/client"
)

const (
	messageRows = 1000             // of a message of the stream
	maxDryRun   = 20_000           // rows of a sync in one piece
	syncTime    = 10 * time.Minute // bounds a whole sync
)

// Target says where a roster goes, and how.
type Target struct {
	Organization    string // name
	SyncID          string
	Full            bool // employees not named are ended
	DryRun          bool // check against what is there, and write nothing
	MaxTombstonePPM int32
	Progress        func(done, total int)
}

// Send syncs the staff with the rows, in messages of a stream. Sent again after it broke, it ends in the same state.
func Send(ctx context.Context, suite *client.Suite, rows []Row, t Target) (*actionplanningv1.SyncStaffResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, syncTime)
	defer cancel()
	mode := actionplanningv1.SyncMode_SYNC_MODE_DELTA
	if t.Full {
		mode = actionplanningv1.SyncMode_SYNC_MODE_FULL
	}
	if t.DryRun {
		if len(rows) > maxDryRun {
			return nil, fault.New(fault.Exhausted, "ROSTER_TOO_LARGE", "a dry run takes at most %d employees, and the roster has %d", maxDryRun, len(rows))
		}
		return client.Call(ctx, "try the sync", suite.ActionPlanning.SyncStaff, &actionplanningv1.SyncStaffRequest{
			Parent: t.Organization, SyncId: t.SyncID, Mode: mode, Rows: staffRows(rows), MaxTombstonePpm: t.MaxTombstonePPM, ValidateOnly: true,
		})
	}
	stream, err := suite.ActionPlanning.StreamStaff(ctx)
	if err != nil {
		return nil, client.Fault("sync staff", err)
	}
	message := func(some []Row) error {
		return stream.Send(&actionplanningv1.StreamStaffRequest{
			Parent: t.Organization, SyncId: t.SyncID, Mode: mode, Rows: staffRows(some), MaxTombstonePpm: t.MaxTombstonePPM,
		})
	}
	sent := 0
	for some := range slices.Chunk(rows, messageRows) {
		if err = message(some); err != nil {
			break
		}
		sent += len(some)
		t.Progress(sent, len(rows))
	}
	if len(rows) == 0 {
		err = message(nil)
	}
	if err != nil && !errors.Is(err, io.EOF) { // at the end of the stream the answer tells why
		return nil, client.Fault(fmt.Sprintf("sync staff, from row %d on", sent), err)
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		return nil, client.Fault("sync staff", err)
	}
	return answer, nil
}

func staffRows(rows []Row) []*actionplanningv1.StaffRow {
	out := make([]*actionplanningv1.StaffRow, len(rows))
	for i, r := range rows {
		out[i] = r.StaffRow
	}
	return out
}
