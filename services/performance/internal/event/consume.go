// Package event takes in what other services tell.
package event

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const actionPlanningSource = "throughline.actionplanning.v1"

// Plan remembers what strategies and objectives serve.
type Plan interface {
	// Keep remembers a part as it is now.
	Keep(tx sqldb.Tx, part domain.PlanPart) error
	// Drop forgets one that was deleted.
	Drop(tx sqldb.Tx, organization, name string) error
}

// ConsumePlan subscribes to strategies and objectives. Events of one resource come in order, those of different ones in any.
func ConsumePlan(s *service.Service, plan Plan) error {
	var types []string
	for _, kind := range []string{"strategy", "objective"} {
		for _, verb := range []string{"created", "updated", "deleted"} {
			types = append(types, actionPlanningSource+"."+kind+"."+verb)
		}
	}
	return s.Consume(actionPlanningSource, types, func(tx sqldb.Tx, e outbox.Event) error {
		if e.Removed() {
			return plan.Drop(tx, e.Organization, e.Subject)
		}
		part, err := planPart(e)
		if err != nil {
			return err
		}
		return plan.Keep(tx, part)
	})
}

func planPart(e outbox.Event) (domain.PlanPart, error) {
	part := domain.PlanPart{Organization: e.Organization, Name: e.Subject}
	strategy, _, isObjective := strings.Cut(e.Subject, "/objectives/")
	if isObjective {
		var o actionplanningv1.Objective
		if err := proto.Unmarshal(e.Data, &o); err != nil {
			return part, fmt.Errorf("decode %s: %w", e.Type, err)
		}
		part.Strategy, part.Program = strategy, o.GetRequired().GetProgram()
		return part, nil
	}
	var s actionplanningv1.Strategy
	if err := proto.Unmarshal(e.Data, &s); err != nil {
		return part, fmt.Errorf("decode %s: %w", e.Type, err)
	}
	part.Goal = s.GetGoal()
	return part, nil
}
