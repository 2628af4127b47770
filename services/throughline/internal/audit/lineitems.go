package audit

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// mark is a fingerprint of a line item: a budget's lines are compared by these alone.
type mark [16]byte

// lineItems holds the line items of every budget against its events, of which each tells of many.
func lineItems(ctx context.Context, a *auditor, c *Check) error {
	return a.eachBudget(ctx, c, func(ctx context.Context, budgeting budgetingv1.BudgetingServiceClient, budget string) error {
		told, err := a.toldLines(ctx, budget)
		if err != nil {
			return err
		}
		stored := listed(ctx, budgeting.ListLineItems, func(token string) *budgetingv1.ListLineItemsRequest {
			return &budgetingv1.ListLineItemsRequest{Parent: budget, PageSize: pageLines, PageToken: token}
		}, (*budgetingv1.ListLineItemsResponse).GetLineItems)
		for line, err := range stored {
			if err != nil {
				c.unread(budget+"/lineItems", err)
				return nil
			}
			is, err := markOf(line)
			if err != nil {
				return err
			}
			c.Looked++
			id := idOf(line.GetName())
			switch was, known := told[id]; {
			case !known:
				c.find(line.GetName(), remedyRestore, "an event that tells of it", "none")
			case was != is:
				c.find(line.GetName(), remedyRestore, "the line item that its last event tells of", "another: version "+line.GetEtag()+", amount "+line.GetAmount().String())
			}
			delete(told, id)
		}
		for _, id := range slices.Sorted(maps.Keys(told)) {
			c.find(budget+"/lineItems/"+id, remedyRestore, "the line item that its last event tells of", "none")
		}
		return nil
	})
}

// toldLines are fingerprints of a budget's line items, by id, as events tell of them.
func (a *auditor) toldLines(ctx context.Context, budget string) (told map[string]mark, err error) {
	told = map[string]mark{}
	err = a.store("budgeting").DB.Read(ctx, func(tx sqldb.Tx) error {
		clear(told)
		return tx.Query("SELECT data FROM outbox WHERE subject = ? ORDER BY sequence", []any{budget + "/lineItems"}, func(r sqldb.Row) error {
			var lines budgetingv1.ListLineItemsResponse
			if err := proto.Unmarshal(r.Bytes(0), &lines); err != nil {
				return err
			}
			for _, line := range lines.GetLineItems() {
				is, err := markOf(line)
				if err != nil {
					return err
				}
				told[idOf(line.GetName())] = is
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("the line items of %s: %w", budget, err)
	}
	return told, nil
}

func markOf(line *budgetingv1.LineItem) (mark, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(line)
	sum := sha256.Sum256(b)
	return mark(sum[:16]), err
}

func idOf(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

func organizationOf(name string) string {
	rest, _ := strings.CutPrefix(name, "organizations/")
	id, _, _ := strings.Cut(rest, "/")
	return id
}
