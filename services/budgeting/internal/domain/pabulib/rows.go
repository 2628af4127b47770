package pabulib

import (
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

func (p *parser) meta(record []string) {
	pair := Pair{Key: strings.ToLower(strings.TrimSpace(record[0]))}
	if len(record) > 1 {
		pair.Value = strings.TrimSpace(record[1])
	}
	if _, twice := p.file.Value(pair.Key); twice {
		p.add(p.line, clip(pair.Key), "is twice in META; give every key once")
	}
	p.file.Meta = append(p.file.Meta, pair)
}

// project reads one line of PROJECTS.
func (p *parser) project(record []string) {
	e := &p.file.Election
	row, made := Row{Line: p.line}, shares.Project{}
	counted := 0
	for i, name := range p.header {
		text := ""
		if i < len(record) {
			text = strings.TrimSpace(record[i])
		}
		switch name {
		case "project_id":
			made.ID = strings.Clone(text)
			_, twice := p.index[made.ID]
			switch {
			case made.ID == "" || strings.Contains(made.ID, ","):
				p.add(p.line, name, "is %q; give an id without commas", clip(text))
			case twice:
				p.add(p.line, name, "%q is used twice; make ids unique", clip(text))
			}
		case "cost":
			cost, err := decimal(text, p.places)
			if err != nil {
				p.add(p.line, name, "%v", err)
			} else if cost == 0 {
				p.add(p.line, name, "is 0; give every project a cost")
			}
			made.Cost = cost
		case "votes":
			row.Votes = p.count(name, text)
		case "score":
			row.Score = p.count(name, text)
		case "selected":
			row.Selected = p.selected(text)
		case "name":
			row.Name = strings.Clone(text)
		case "category":
			row.Categories = list(text)
			if len(row.Categories) > 0 {
				made.Category = row.Categories[0]
			}
		case "target", "beneficiaries":
			row.Targets = list(text)
		default:
			p.ignore(&counted, text)
		}
	}
	if len(e.Projects) == MaxProjects {
		p.add(p.line, "", "is one project too many; at most %d are read", MaxProjects)
		return
	}
	p.index[made.ID] = int32(len(e.Projects)) //nolint:gosec // at most MaxProjects
	e.Projects = append(e.Projects, made)
	p.file.Rows = append(p.file.Rows, row)
	p.lastBy = append(p.lastBy, 0)
}

// count reads an optional whole number.
func (p *parser) count(name, text string) *int64 {
	if text == "" {
		return nil
	}
	n, err := decimal(text, 0)
	if err != nil {
		p.add(p.line, name, "%v", err)
		return nil
	}
	return &n
}

// selected reads 0 or 1. Pabulib also has 2 and 3, for projects that were selected otherwise than by the rule: not selected, by the rule.
func (p *parser) selected(text string) *bool {
	switch text {
	case "":
		return nil
	case "0", "1", "2", "3":
		by := text == "1"
		return &by
	default:
		p.add(p.line, "selected", "is %q; give 0 or 1", clip(text))
		return nil
	}
}

// ignore counts a filled field of a column without meaning; nth runs through the section's counts.
func (p *parser) ignore(nth *int, text string) {
	at := *nth
	*nth++
	for i := range p.file.Fields {
		c := &p.file.Fields[i]
		if c.Section != p.section {
			continue
		}
		if at == 0 {
			if text != "" {
				c.Filled++
			}
			return
		}
		at--
	}
}

func list(text string) []string {
	var of []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			of = append(of, strings.Clone(item))
		}
	}
	return of
}

// vote reads one ballot.
func (p *parser) vote(record []string) {
	p.entries, p.points = p.entries[:0], p.points[:0]
	points, counted := "", 0
	for i, name := range p.header {
		text := ""
		if i < len(record) {
			text = strings.TrimSpace(record[i])
		}
		switch name {
		case "voter_id":
			p.file.Voters = append(p.file.Voters, strings.Clone(text))
		case "vote":
			p.named(text)
		case "points":
			points = text
		default:
			p.ignore(&counted, text)
		}
	}
	e := &p.file.Election
	if e.Type.HasPoints() {
		p.given(points)
	}
	switch voters := e.Ballots.Voters(); {
	case p.full():
	case e.Type == shares.ChooseOne && len(p.entries) > 1:
		p.add(p.line, "vote", "names %d projects; a choose-1 ballot names one", len(p.entries))
	case voters == MaxVoters:
		p.add(p.line, "", "is one ballot too many; at most %d are read", MaxVoters)
	case len(e.Ballots.Project)+len(p.entries) > MaxEntries:
		p.add(p.line, "vote", "is more than can be read; all ballots together name at most %d projects", MaxEntries)
	default:
		e.Ballots.Add(p.entries, p.points)
	}
}

// named reads the projects of a ballot.
func (p *parser) named(text string) {
	if text == "" {
		return
	}
	ballot := len(p.file.Voters) + 1
	for id := range strings.SplitSeq(text, ",") {
		at, ok := p.index[strings.TrimSpace(id)]
		switch {
		case !ok:
			p.add(p.line, "vote", "names project %q, which PROJECTS does not have; correct the id", clip(strings.TrimSpace(id)))
		case p.lastBy[at] == ballot:
			p.add(p.line, "vote", "names project %q twice; name it once", clip(strings.TrimSpace(id)))
		default:
			p.lastBy[at] = ballot
			p.entries = append(p.entries, at)
		}
		if p.full() {
			return
		}
	}
}

// given reads the points of a ballot, one for each project named.
func (p *parser) given(text string) {
	if text != "" {
		for number := range strings.SplitSeq(text, ",") {
			n, err := decimal(number, 0)
			switch {
			case strings.HasPrefix(strings.TrimSpace(number), "-"):
				p.add(p.line, "points", "%q is negative; the rules here take points from 0", clip(number))
			case err != nil:
				p.add(p.line, "points", "%v", err)
			case n > shares.MaxPoints:
				p.add(p.line, "points", "%d are too many for one project; give at most %d", n, shares.MaxPoints)
			}
			p.points = append(p.points, n)
			if p.full() {
				return
			}
		}
	}
	if len(p.points) != len(p.entries) && len(p.wrong) == 0 {
		p.add(p.line, "points", "has %d numbers for %d projects; give one for each project of vote", len(p.points), len(p.entries))
	}
}
