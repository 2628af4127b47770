package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/links"
	"github.com/throughline/throughline/services/platform/resource"
)

// LinkTx reads links.
type LinkTx interface {
	// Links are what of this leads to what.
	Links() links.Source
}

// TraceLinks reads a page of the links from names, or to them. Of a measure's observations only the latest for the whole city leads in:
// it is what the measure says, and the rest is its history.
func (a *App) TraceLinks(ctx context.Context, q links.Query) (links.Page, error) {
	q.Today = a.Now().UTC().Format(time.DateOnly)
	return resource.Read(ctx, a.Store, func(tx Tx) (links.Page, error) { return links.Read(tx.Links(), q) })
}

// MeasureNode is a measure in short: status is the word of the latest published results, "" when they have none, and last the latest
// period with a value for the whole city.
func MeasureNode(m domain.Measure, status string, last domain.Date, today string) links.Node {
	n := links.Node{Name: m.Name(), Kind: "measure", DisplayName: m.DisplayName, State: status}
	now, err := time.Parse(time.DateOnly, today)
	if err != nil { // today is always a day
		return n
	}
	for _, g := range m.Gaps(last, now) {
		n.Gaps = append(n.Gaps, map[domain.GapKind]string{
			domain.GapNoValue: "has no value", domain.GapStale: "has no value since " + string(last),
			domain.GapNoOwner: "has no owner", domain.GapNoTarget: "has no target",
		}[g.Kind])
	}
	return n
}

// MeasureLinks leads from a measure to what it speaks for.
func MeasureLinks(m domain.Measure, add func(links.Link)) {
	for _, l := range m.Links {
		relation := links.CountsFor
		if l.Contribution != domain.Contributes {
			relation = links.Informs
		}
		add(links.Link{From: m.Name(), To: l.Subject, Relation: relation, Weight: l.Weight})
	}
}

// ObservationNode is an observation in short, with the unit of its measure.
func ObservationNode(o domain.Observation, unit string) links.Node {
	text := strings.TrimSpace(strconv.FormatFloat(o.Value, 'f', -1, 64)+" "+unit) + " from " + string(o.Period)
	if o.Dimension != "" {
		text += ", " + o.Dimension
	}
	return links.Node{Name: o.Name(), Kind: "observation", DisplayName: text}
}

// ObservationLink leads from an observation to its measure.
func ObservationLink(o domain.Observation) links.Link {
	return links.Link{From: o.Name(), To: domain.MeasureName(o.Organization, o.Measure), Relation: links.About}
}
