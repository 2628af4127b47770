package gateway_test

import (
	"context"
	"testing"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
)

// A method may answer a file whole, and be bound to more than one path.
func TestWholeFileByEitherPath(t *testing.T) {
	t.Parallel()
	c := &city{answer: func(ctx context.Context, _ string, _ proto.Message) (proto.Message, error) {
		_ = grpc.SetHeader(ctx, metadata.Pairs("content-disposition", `attachment; filename="p.ics"`, "x-leak", "1"))
		return &httpbody.HttpBody{ContentType: "text/calendar; charset=utf-8", Data: []byte("BEGIN:VCALENDAR\r\n")}, nil
	}}
	front := start(t, c)
	for _, name := range []string{"organizations/o/strategies/s", "organizations/o/plans/p"} {
		got := send(t, front, "GET", "/v1/"+name+":calendar?today.year=2027&today.month=3&today.day=1", "")
		if got.status != 200 || got.body != "BEGIN:VCALENDAR\r\n" || got.header.Get("Content-Type") != "text/calendar; charset=utf-8" ||
			got.header.Get("Content-Disposition") != "attachment; filename=p.ics" || got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Leak") != "" {
			t.Errorf("got %d %v %q", got.status, got.header, got.body)
		}
		_, request, _ := c.seen()
		if r, _ := request.(*actionplanningv1.ExportTimelineRequest); r.GetName() != name || r.GetToday().GetMonth() != 3 {
			t.Errorf("asked %v", request)
		}
	}
	got := send(t, front, "POST", "/v1/organizations/o/plans/p:calendar", "{}")
	if got.status != 405 || got.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("got %d %v", got.status, got.header)
	}
}
