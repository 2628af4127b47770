// Package event takes in what other services tell.
package event

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const (
	goalsSource       = "throughline.goals.v1"
	performanceSource = "throughline.performance.v1"
)

// See remembers a revision that an event told of, under a plan's name or app.ResultsSubject.
type See func(tx sqldb.Tx, organization, subject string, seen domain.Seen) error

// Consume subscribes to new priority and results revisions: open proposals that pinned older ones then read as stale.
func Consume(s *service.Service, see See) error {
	err := s.Consume(goalsSource, []string{goalsSource + ".priority_revision.created"}, func(tx sqldb.Tx, e outbox.Event) error {
		var r goalsv1.PriorityRevision
		if err := proto.Unmarshal(e.Data, &r); err != nil {
			return fmt.Errorf("decode %s: %w", e.Type, err)
		}
		if r.GetSubject() == goalsv1.PrioritizationSubject_PRIORITIZATION_SUBJECT_OBJECTIVES {
			return nil // budgets follow the priorities among goals
		}
		plan, _, _ := strings.Cut(r.GetName(), "/priorityRevisions/")
		return see(tx, e.Organization, plan, domain.Seen{Name: r.GetName(), Time: r.GetEffectiveTime().AsTime()})
	})
	if err != nil {
		return err
	}
	return s.Consume(performanceSource, []string{performanceSource + ".results_revision.created"}, func(tx sqldb.Tx, e outbox.Event) error {
		var r performancev1.ResultsRevision
		if err := proto.Unmarshal(e.Data, &r); err != nil {
			return fmt.Errorf("decode %s: %w", e.Type, err)
		}
		return see(tx, e.Organization, app.ResultsSubject, domain.Seen{Name: r.GetName(), Time: r.GetEffectiveTime().AsTime()})
	})
}
