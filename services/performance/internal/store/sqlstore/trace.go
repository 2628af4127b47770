package sqlstore

import (
	"fmt"
	"strings"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/links"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// trace implements links.Source.
type trace txn

func (t txn) Links() links.Source { return trace(t) }

// Forms of the names of what is linked, below the organization.
const (
	measureForm     = "measures/{measure}"
	observationForm = "measures/{measure}/observations/{observation}"
)

// subjectForms are what measures speak for.
var subjectForms = []string{"plans/{plan}/goals/{goal}", "strategies/{strategy}/objectives/{objective}", "programs/{program}"}

var byMeasure = []string{"measure_id"}

// Out implements links.Source.
func (t trace) Out(q links.Query, add func(links.Link)) error {
	err := links.Find(t.tx, measures.Table, q.Organization, byMeasure, q.Keys(q.Names, measureForm), func(m domain.Measure) { app.MeasureLinks(m, add) })
	if err != nil {
		return fmt.Errorf("read links outwards: %w", err)
	}
	found, err := t.observations(q, q.Names)
	for _, o := range found {
		add(app.ObservationLink(o))
	}
	return err
}

// In implements links.Source. Links are a list inside a measure's row, which no index reaches: they are read in one scan.
func (t trace) In(q links.Query, add func(links.Link)) error {
	subjects := map[string]bool{}
	for _, form := range subjectForms {
		for _, name := range q.Named(q.Names, form) {
			subjects[name] = true
		}
	}
	if len(subjects) > 0 {
		err := t.tx.Query("SELECT measure_id, links FROM measures WHERE organization_id = ? AND links <> 'null'", []any{q.Organization}, func(r sqldb.Row) error {
			m := domain.Measure{Organization: q.Organization, ID: r.Text(0)}
			err := resource.FromJSON(r.Text(1), &m.Links)
			app.MeasureLinks(m, func(l links.Link) {
				if subjects[l.To] {
					add(l)
				}
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("read links inwards: %w", err)
		}
	}
	latest, err := t.latest(q, q.Keys(q.Names, measureForm))
	for measure, period := range latest {
		add(app.ObservationLink(domain.Observation{Organization: q.Organization, Cell: domain.Cell{Measure: measure, Period: period}}))
	}
	return err
}

// latest are the latest periods with a value for the whole city, by measure; each is sought from the newest row back.
func (t trace) latest(q links.Query, ids [][]string) (map[string]domain.Date, error) {
	all := map[string]domain.Date{}
	err := links.Each(t.tx, "SELECT m.measure_id, (SELECT o.period_start FROM observations o WHERE o.organization_id = m.organization_id "+
		"AND o.measure_id = m.measure_id AND o.dimension = '' ORDER BY o.period_start DESC LIMIT 1) FROM measures m WHERE m.organization_id = ?",
		[]any{q.Organization}, []string{"m.measure_id"}, ids, func(r sqldb.Row) error {
			if !r.Null(1) {
				all[r.Text(0)] = domain.Date(r.Text(1))
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read latest periods: %w", err)
	}
	return all, nil
}

// observations are those with these names, each in its latest revision. A name holds a period, and of a dimension the hash alone: the
// dimensions of that period are read and their names compared.
func (t trace) observations(q links.Query, names []string) ([]domain.Observation, error) {
	const day = len("2027-07-01")
	var keys [][]string
	for _, key := range q.Keys(names, observationForm) {
		if len(key[1]) >= day {
			keys = append(keys, []string{key[0], key[1][:day]})
		}
	}
	wanted, at := map[string]bool{}, map[string]int{}
	for _, name := range names {
		wanted[name] = true
	}
	var found []domain.Observation
	err := links.Each(t.tx, "SELECT "+strings.Join(observationColumns, ", ")+" FROM observations WHERE organization_id = ?",
		[]any{q.Organization}, []string{"measure_id", "period_start"}, keys, func(r sqldb.Row) error {
			o := scanObservation(r)
			name := o.Name()
			i, seen := at[name]
			switch {
			case !wanted[name]:
			case !seen:
				at[name], found = len(found), append(found, o)
			case found[i].Revision < o.Revision:
				found[i] = o
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read observations: %w", err)
	}
	return found, nil
}

// Nodes implements links.Source.
func (t trace) Nodes(q links.Query, names []string) (nodes []links.Node, err error) {
	ids := q.Keys(names, measureForm)
	latest, err := t.latest(q, ids)
	if err != nil {
		return nil, err
	}
	status := map[string]string{}
	if len(ids) > 0 {
		if status, err = t.statusWords(q.Organization); err != nil {
			return nil, err
		}
	}
	err = links.Find(t.tx, measures.Table, q.Organization, byMeasure, ids, func(m domain.Measure) {
		nodes = append(nodes, app.MeasureNode(m, status[m.ID], latest[m.ID], q.Today))
	})
	if err != nil {
		return nil, fmt.Errorf("read linked measures: %w", err)
	}
	found, err := t.observations(q, names)
	if err != nil || len(found) == 0 {
		return nodes, err
	}
	units, err := t.units(q, found)
	for _, o := range found {
		nodes = append(nodes, app.ObservationNode(o, units[o.Measure]))
	}
	return nodes, err
}

// statusWords are what the latest published results say of measures, by id.
func (t trace) statusWords(organization string) (map[string]string, error) {
	all := map[string]string{}
	last, err := txn(t).LastPublished(organization)
	if err != nil || last.ID == "" {
		return all, err
	}
	revision, found, err := txn(t).ResultsRevisions().Find(organization, last.ID)
	if err != nil || !found {
		return all, err
	}
	for _, j := range revision.Judged {
		all[j.Measure.ID] = string(j.Evidence.StatusWord)
	}
	return all, nil
}

// units are those of the measures of observations, by id.
func (t trace) units(q links.Query, found []domain.Observation) (map[string]string, error) {
	all := map[string]string{}
	var ids [][]string
	for _, o := range found {
		if _, seen := all[o.Measure]; !seen {
			all[o.Measure] = ""
			ids = append(ids, []string{o.Measure})
		}
	}
	err := links.Each(t.tx, "SELECT measure_id, unit FROM measures WHERE organization_id = ?", []any{q.Organization}, byMeasure, ids, func(r sqldb.Row) error {
		all[r.Text(0)] = r.Text(1)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read units: %w", err)
	}
	return all, nil
}
