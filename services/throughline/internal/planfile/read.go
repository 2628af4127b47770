package planfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// MaxBytes is the most that a file may hold, decoded; it is read into memory.
const MaxBytes = 64 << 20

// maxTitle is how long a goal's display name may be, in characters.
const maxTitle = 200

// Goal is one goal of the hierarchy.
type Goal struct {
	ID     string
	Parent string // id, or "" at the top
	Level  int    // index into the mapping's levels
	Title  string // at most 200 characters
	Text   string
	Line   int // of a delimited file, else 0
}

// Problem is a place that cannot be imported.
type Problem struct {
	Where  string // line, or path of keys
	Remedy string
}

// Parsed is a file read.
type Parsed struct {
	File     string
	Goals    []Goal         // each after its parent, in the order of the file
	Counts   []int          // goals by level
	Rows     int            // of a delimited file
	Skipped  int            // rows left out by when, and blank lines
	Empty    int            // JSON objects that say nothing
	Unread   map[string]int // JSON members that no level reads, by level and member
	Problems []Problem
}

// ReadFile reads a file on disk. Errors: faults of kind Invalid with reason MAPPING_MISFIT or FILE_UNREADABLE, or of kind
// Exhausted with reason FILE_TOO_LARGE (MaxBytes).
func ReadFile(m Mapping, file string) (*Parsed, error) {
	f, err := os.Open(file) //nolint:gosec // the file is of the person who runs this, with their own rights
	if err != nil {
		return nil, tabular.Unreadable(file, err)
	}
	return Read(m, filepath.Base(file), f)
}

// Read is ReadFile of what r holds, which it closes.
func Read(m Mapping, name string, r io.ReadCloser) (*Parsed, error) {
	b := &builder{m: m, out: &Parsed{File: name, Counts: make([]int, len(m.Levels)), Unread: map[string]int{}}, seen: map[string]int{}, children: map[string]int{}}
	if m.Format == JSON {
		return b.out, b.readJSON(name, r)
	}
	return b.out, b.readRows(name, r)
}

type builder struct {
	m        Mapping
	out      *Parsed
	seen     map[string]int // index of a goal by id
	children map[string]int // how many a goal has, by id
}

// readRows adds a goal of each level for each new path of a row's titles.
func (b *builder) readRows(name string, r io.ReadCloser) error {
	source, err := b.m.Open(name, r, MaxBytes)
	if err != nil {
		return err
	}
	used := map[string][]string{"when": b.m.When.Used()}
	for i := range b.m.Levels {
		used[fmt.Sprintf("levels[%d]", i)] = b.m.Levels[i].columns()
	}
	misfit := fault.New(fault.Invalid, "MAPPING_MISFIT", "the mapping does not fit %s", name)
	if source.Misfits(used, misfit); len(misfit.Violations) > 0 {
		return misfit
	}
	keep := func([]string) bool { return true }
	if len(b.m.When) > 0 {
		keep = b.m.When.Bind(source.Index)
	}
	levels := make([]readers, len(b.m.Levels))
	for i, l := range b.m.Levels {
		levels[i] = readers{title: l.Title.Bind(source.Index), text: l.Text.Bind(source.Index)}
		levels[i].key = levels[i].title // the same title below the same parent is the same goal
		if l.Key != nil {
			levels[i].key = l.Key.Bind(source.Index)
		}
	}
	for {
		rec, err := source.Records.Next()
		b.out.Skipped += rec.Blank
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return tabular.Unreadable(name, err)
		}
		if rec.Cells == nil {
			continue
		}
		b.out.Rows++
		where := fmt.Sprintf("line %d", rec.Line)
		switch {
		case rec.Err != nil:
			b.problem(where, "cannot be read: %v", rec.Err)
		case len(rec.Cells) < len(source.Header):
			b.problem(where, "has %d cells, and the header %d; mend the row", len(rec.Cells), len(source.Header))
		case !keep(rec.Cells):
			b.out.Skipped++
		default:
			b.row(where, rec.Line, rec.Cells, levels)
		}
	}
}

// readers find what a level wants in the cells of a row.
type readers struct{ title, key, text func(cells []string) string }

func (b *builder) row(where string, line int, cells []string, levels []readers) {
	parent, code := "", ""
	for level, find := range levels {
		title := find.title(cells)
		if title == "" {
			if level == 0 {
				b.problem(where, "has no %s; give it one, or leave such rows out by when", b.m.Levels[level].Name)
			}
			return // nothing below
		}
		var ok bool
		if parent, code, ok = b.add(where, line, level, parent, code, find.key(cells), title, find.text(cells), true); !ok {
			return
		}
	}
}

// readJSON walks the lists of objects.
func (b *builder) readJSON(name string, r io.ReadCloser) error {
	text, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return tabular.Unreadable(name, err)
	}
	if len(text) > MaxBytes {
		return tabular.ErrTooLarge
	}
	var root map[string]any
	dec := json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	dec.UseNumber() // 4.10 is not 4.1
	if err := dec.Decode(&root); err != nil {
		return tabular.Unreadable(name, fmt.Errorf("is not a JSON object: %w", err))
	}
	b.objects(name, 0, "", "", root)
	return nil
}

func (b *builder) objects(where string, level int, parent, code string, above map[string]any) {
	if level == len(b.m.Levels) {
		return
	}
	l := &b.m.Levels[level]
	list, ok := above[l.List].([]any)
	if !ok {
		if above[l.List] != nil {
			b.problem(where, "member %q is no list", l.List)
		}
		return
	}
	for i, item := range list {
		at := fmt.Sprintf("%s.%s[%d]", where, l.List, i)
		object, ok := item.(map[string]any)
		if !ok {
			b.problem(at, "is no object")
			continue
		}
		cells, index := scalars(object, l.columns())
		key := ""
		if l.Key != nil {
			key = l.Key.Bind(index)(cells)
		}
		title, text := l.Title.Bind(index)(cells), l.Text.Bind(index)(cells)
		b.unread(level, object)
		if title == "" && text == "" && key == "" { // nothing of its own: what is below it belongs to the goal above
			if len(object) == 0 {
				b.out.Empty++
			}
			b.objects(at, level+1, parent, code+"/"+strconv.Itoa(i+1), object)
			continue
		}
		id, deeper, ok := b.add(at, 0, level, parent, code, key, title, text, false)
		if ok {
			b.objects(at, level+1, id, deeper, object)
		}
	}
}

// unread counts the members that hold something and that the mapping passes over.
func (b *builder) unread(level int, object map[string]any) {
	l := &b.m.Levels[level]
	read := l.columns()
	if level+1 < len(b.m.Levels) {
		read = append(read, b.m.Levels[level+1].List)
	}
	for member, v := range object {
		if v != nil && v != "" && !slices.Contains(read, member) {
			b.out.Unread[l.Name+"."+member]++
		}
	}
}

// scalars is an object as a row of the columns wanted; a missing member is blank.
func scalars(object map[string]any, columns []string) (cells []string, index map[string]int) {
	index = map[string]int{}
	for _, column := range columns {
		if _, have := index[column]; have {
			continue
		}
		index[column] = len(cells)
		text := ""
		switch v := object[column].(type) {
		case string:
			text = v
		case json.Number:
			text = v.String()
		}
		cells = append(cells, text)
	}
	return cells, index
}

// add adds a goal, or with merge finds the one that is there. It answers its id and the code that the ids below start with.
func (b *builder) add(where string, line, level int, parent, above, key, title, text string, merge bool) (id, code string, ok bool) {
	l := &b.m.Levels[level]
	numbered := l.Numbered
	if title == "" {
		title, text = text, ""
	}
	if title == "" {
		title, numbered = key, false
	}
	if title == "" {
		b.problem(where, "has no title; a goal needs one")
		return "", "", false
	}
	position := strconv.Itoa(b.children[parent] + 1)
	if key == "" {
		key = position
	}
	code = key
	if above != "" && !l.WholeKey {
		code = above + "/" + key
	}
	id = tabular.ResourceID("g", code)
	for n := 2; !merge && !l.WholeKey; n++ { // lists that were joined begin to count anew: a repeated key gets its turn behind it
		if _, known := b.seen[id]; !known {
			break
		}
		id = tabular.ResourceID("g", fmt.Sprintf("%s~%d", code, n))
	}
	goal := Goal{ID: id, Parent: parent, Level: level, Text: text, Line: line}
	if numbered {
		title = key + " " + title
	}
	goal.Title, goal.Text = fitted(title, text)
	if at, known := b.seen[id]; known {
		if old := b.out.Goals[at]; !merge || old.Title != goal.Title || old.Text != goal.Text || old.Parent != parent {
			b.problem(where, "%s %q has the key of another one (%q); give each a key of its own", l.Name, goal.Title, old.Title)
			return "", "", false
		}
		return id, code, true
	}
	b.seen[id] = len(b.out.Goals)
	b.children[parent]++
	b.out.Counts[level]++
	b.out.Goals = append(b.out.Goals, goal)
	return id, code, true
}

// fitted cuts a long title at a word; then the whole goes before the text.
func fitted(title, text string) (short, whole string) {
	if utf8.RuneCountInString(title) <= maxTitle {
		return title, text
	}
	runes := []rune(title)[:maxTitle-1]
	if space := slices.IndexFunc(runes[maxTitle/2:], func(r rune) bool { return r == ' ' }); space >= 0 {
		for runes[len(runes)-1] != ' ' {
			runes = runes[:len(runes)-1]
		}
	}
	short = strings.TrimSpace(string(runes)) + "…"
	return short, strings.TrimSpace(title + "\n\n" + text)
}

func (b *builder) problem(where, format string, args ...any) {
	b.out.Problems = append(b.out.Problems, Problem{Where: where, Remedy: fmt.Sprintf(format, args...)})
}
