package rpc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	typev1 "github.com/throughline/throughline/proto/gen/throughline/type/v1"
)

// TestServing keeps under review how methods are served: what each that does not cost 1 costs, which are refused while calls cannot be
// counted, whose answers are kept. THROUGHLINE_UPDATE=1 writes what the contracts now say.
func TestServing(t *testing.T) {
	var lines []string
	for _, file := range []protoreflect.FileDescriptor{
		goalsv1.File_throughline_goals_v1_service_proto, actionplanningv1.File_throughline_actionplanning_v1_service_proto,
		budgetingv1.File_throughline_budgeting_v1_service_proto, performancev1.File_throughline_performance_v1_service_proto,
	} {
		methods := file.Services().Get(0).Methods()
		for i := range methods.Len() {
			if said := declared(methods.Get(i)); said != "" {
				lines = append(lines, strings.TrimRight(fmt.Sprintf("%-74s%s", methods.Get(i).FullName(), said), " ")+"\n")
			}
		}
	}
	slices.Sort(lines)
	now, path := strings.Join(lines, ""), filepath.Join("testdata", "serving.golden")
	if os.Getenv("THROUGHLINE_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(now), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if old, err := os.ReadFile(path); err != nil || now != string(old) {
		t.Errorf("methods declare something else than %s says (%v):\n%s", path, err, now)
	}
}

// declared is what a method declares; "" for nothing.
func declared(m protoreflect.MethodDescriptor) string {
	var said []string
	access, _ := proto.GetExtension(m.Options(), typev1.E_Access).(*typev1.Access)
	limit, _ := proto.GetExtension(m.Options(), typev1.E_Limit).(*typev1.Limit)
	if limit != nil {
		fails := "open"
		if limit.GetFailClosed() {
			fails = "closed"
		}
		said = append(said, fmt.Sprintf("costs %-4d %-7s", limit.GetCost(), fails))
	} else if access.GetAnonymous() {
		said = append(said, "is open to all and declares no cost")
	}
	if kept, _ := proto.GetExtension(m.Options(), typev1.E_Cached).(bool); kept {
		said = append(said, "kept")
	}
	return strings.Join(said, " ")
}
