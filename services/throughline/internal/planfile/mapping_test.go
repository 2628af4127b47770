package planfile_test

import (
	"io"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/planfile"
)

const chapters = `
name: sample
title: Sample
format: JSON
plan: {display_name: Comprehensive plan, kind: OFFICIAL_COMMUNITY, start: 2027-01-01, end: 2036-12-31}
levels:
  - {name: chapter, list: chapters, key: number, title: title, numbered: true, scale: CITY}
  - {name: goal, list: goals, key: number, whole_key: true, title: title, text: detail, numbered: true}
  - {name: point, list: points, title: text}
`

func mapping(t *testing.T, text string) planfile.Mapping {
	t.Helper()
	m, err := planfile.LoadMapping(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func read(t *testing.T, m planfile.Mapping, text string) *planfile.Parsed {
	t.Helper()
	p, err := planfile.Read(m, "file", io.NopCloser(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMappingsListEveryProblem(t *testing.T) {
	_, err := planfile.LoadMapping(strings.NewReader(`
name: Not An Id
format: XML
when: {a: ["x"]}
plan: {kind: WISH, start: 2027-13-01, end: 2026-01-01}
levels:
  - {list: x, title: {const: a, column: b}, whole_key: true, lens: PINK}
`))
	f, ok := fault.As(err)
	if !ok {
		t.Fatalf("%v is no fault", err)
	}
	got := map[string]bool{}
	for _, v := range f.Violations {
		got[v.Field] = true
	}
	for _, want := range []string{
		"name", "format", "plan.kind", "plan.display_name", "plan.start", "plan.end", "levels[0].name", "levels[0].list",
		"levels[0].title", "levels[0].whole_key", "levels[0].lens",
	} {
		if !got[want] {
			t.Errorf("nothing about %s: %v", want, f.Violations)
		}
	}
}

func TestJSON(t *testing.T) {
	long := strings.Repeat("word ", 60) + "end"
	p := read(t, mapping(t, chapters), `{"chapters": [
		{"number": 4, "title": "Identity", "goals": [
			{"number": "4.10", "title": "Character", "detail": "Keep it.", "points": [{"text": "first"}, {"text": "`+long+`"}, {}, {"text": "third", "note": 7}, {"text": "first"}]},
			{"number": 4.10, "title": "Again"},
			{"number": "4.2"}, 7]},
		{"number": 5, "title": "Parks", "goals": "none"}]}`)
	type want struct{ id, parent, title, text string }
	for i, w := range []want{
		{"g-4", "", "4 Identity", ""},
		{"", "g-4", "4.10 Character", "Keep it."},
		{"", p.Goals[1].ID, "first", ""},
		{"", p.Goals[1].ID, strings.TrimSpace(strings.Repeat("word ", 39)) + "…", long},
		{"", p.Goals[1].ID, "third", ""},
		{"", p.Goals[1].ID, "first", ""},
		{"", "g-4", "4.2", ""},
		{"g-5", "", "5 Parks", ""},
	} {
		g := p.Goals[i]
		if (w.id != "" && g.ID != w.id) || g.Parent != w.parent || g.Title != w.title || g.Text != w.text {
			t.Errorf("goal %d is %+v, want %+v", i, g, w)
		}
	}
	if len(p.Goals) != 8 || p.Counts[0] != 2 || p.Counts[1] != 2 || p.Counts[2] != 4 || p.Empty != 1 || p.Unread["point.note"] != 1 {
		t.Errorf("%d goals, by level %v, %d empty, unread %v", len(p.Goals), p.Counts, p.Empty, p.Unread)
	}
	var places []string
	for _, problem := range p.Problems {
		places = append(places, problem.Where)
	}
	// 4.10 again, a number for an object, and a text for a list
	if got := strings.Join(places, " "); got != "file.chapters[0].goals[1] file.chapters[0].goals[3] file.chapters[1]" {
		t.Errorf("problems at %s", got)
	}
}

func TestRows(t *testing.T) {
	m := mapping(t, `
name: rows
plan: {display_name: Plan, kind: STRATEGIC, start: 2027-01-01, end: 2027-12-31}
when: {edition: ["adopted"]}
levels:
  - {name: cabinet, title: cabinet}
  - {name: program, title: program}
`)
	p := read(t, m, "edition,cabinet,program\nadopted,Streets,Paving\nadopted,Streets,Lights\n\ndraft,Streets,Snow\nadopted,Parks,\nadopted,,Lost\nadopted,Parks,Paving\n")
	var got []string
	for _, g := range p.Goals {
		got = append(got, g.Title)
	}
	if strings.Join(got, " ") != "Streets Paving Lights Parks Paving" || p.Goals[1].ID == p.Goals[4].ID || p.Goals[4].Parent != p.Goals[3].ID {
		t.Errorf("%+v", p.Goals)
	}
	if p.Rows != 6 || p.Skipped != 2 || len(p.Problems) != 1 || p.Problems[0].Where != "line 7" {
		t.Errorf("%d rows, %d skipped, problems %v", p.Rows, p.Skipped, p.Problems)
	}
	_, err := planfile.Read(m, "file", io.NopCloser(strings.NewReader("cabinet\n")))
	if fault.Reason(err) != "MAPPING_MISFIT" {
		t.Errorf("a header without its columns: %v", err)
	}
}

// FuzzRead: whatever the file, nothing panics, ids are unique and every parent comes before its children.
func FuzzRead(f *testing.F) {
	f.Add(`{"chapters": [{"number": 1, "title": "a", "goals": [{"points": [{}]}]}]}`)
	f.Add(`{"chapters": {"number": 1}}`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := planfile.Read(mapping(t, chapters), "file", io.NopCloser(strings.NewReader(text)))
		if err != nil {
			return
		}
		seen := map[string]bool{"": true}
		for _, g := range p.Goals {
			if seen[g.ID] || !seen[g.Parent] || g.Title == "" || len([]rune(g.Title)) > 200 {
				t.Errorf("%+v", g)
			}
			seen[g.ID] = true
		}
	})
}
