package rpc

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/pabulib"
	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
)

// PabulibTarget says where an election goes.
type PabulibTarget struct {
	Election string // name that it gets
	Fund     string // name of the fund that pays
	Currency string // the organization's
	Assume   bool   // take the file's amounts as Currency, whatever the file says they are
}

// PabulibElection is an election file as the API takes it. Whatever the ids in the file, the same file always gives the same names.
type PabulibElection struct {
	Programs []*budgetingv1.Program        // one a project, in the order of the file
	Election *budgetingv1.Election         // with the projects
	Ballots  []*budgetingv1.ElectionBallot // in the order of the file
}

// What one election takes.
const (
	mostProjects = 5000
	mostVoter    = 64
	mostTitle    = 200
	mostCode     = 64
	mostID       = 63
)

// ReadPabulib reads an election in the Pabulib format (.pb). Votes become points of the contract: 1 for an approval, the rank for a ranking, else the
// points given.
//
// Errors: Invalid INVALID_PB_FILE with lines and fields, INVALID_FIELDS for a name or a currency that does not fit; those of r.
func ReadPabulib(r io.Reader, to PabulibTarget) (PabulibElection, error) {
	ids, err := electionName.Parse("election", to.Election)
	if err != nil {
		return PabulibElection{}, err
	}
	read := reader{organization: ids[0], currency: to.Currency}
	read.id(fundName, "fund", to.Fund)
	read.Check(to.Fund != "", "fund", "is required; name the fund that pays")
	if err := read.Err(); err != nil {
		return PabulibElection{}, err
	}
	f, err := pabulib.Read(r, func(string) int { return domain.Exponent(to.Currency) })
	if err != nil {
		return PabulibElection{}, err
	}
	p := pabulibReader{File: f, to: to, organization: ids[0], id: ids[2]}
	return p.election()
}

type pabulibReader struct {
	*pabulib.File
	to           PabulibTarget
	organization string
	id           string // of the election
	bad          fault.Violations
}

func (p *pabulibReader) election() (PabulibElection, error) {
	e := &p.Election
	p.bad.Check(p.to.Assume || p.Currency == "" || p.Currency == p.to.Currency, "currency",
		"is %s in the file, and the organization's money is %s; say that the amounts are to be taken as %s, if they are", p.Currency, p.to.Currency, p.to.Currency)
	p.bad.Check(len(e.Projects) > 0 && len(e.Projects) <= mostProjects, "PROJECTS", "has %d projects; an election takes 1 to %d", len(e.Projects), mostProjects)
	out := PabulibElection{Election: &budgetingv1.Election{
		Name: p.to.Election, DisplayName: p.title(), Fund: p.to.Fund, Amount: wire.Money(p.to.Currency, e.Budget),
		VoteKind: wire.Enum[budgetingv1.VoteKind](e.Type), Completion: p.completion(),
	}}
	names, seen := make([]string, len(e.Projects)), map[string]int{}
	for i := range e.Projects {
		at := fmt.Sprintf("line %d", p.Rows[i].Line)
		id := projectID(p.id, e.Projects[i].ID)
		if first, twice := seen[id]; twice {
			p.bad.Add(at+", project_id", "%q cannot be told from that of line %d; rename one", e.Projects[i].ID, p.Rows[first].Line)
		}
		seen[id], names[i] = i, domain.ProgramName(p.organization, id)
		out.Programs = append(out.Programs, p.program(i, names[i]))
		out.Election.Projects = append(out.Election.Projects, &budgetingv1.ElectionProject{Program: names[i], Cost: wire.Money(p.to.Currency, e.Projects[i].Cost)})
	}
	out.Ballots = p.ballots(names)
	p.encoded(&out)
	return out, p.bad.Err()
}

// encoded refuses text that is not UTF-8, which no message carries.
func (p *pabulibReader) encoded(out *PabulibElection) {
	check := func(at, text string) {
		p.bad.Check(utf8.ValidString(text), at, "has text that is not UTF-8; save the file in that encoding")
	}
	check("META", out.Election.GetDisplayName())
	for i, made := range out.Programs {
		check(fmt.Sprintf("line %d", p.Rows[i].Line), made.GetDisplayName()+made.GetCode()+made.GetFunction()+made.GetPurpose())
	}
	for i, b := range out.Ballots {
		check(fmt.Sprintf("VOTES, voter %d", i+1), b.GetVoter())
	}
}

// title is what the file describes itself as.
func (p *pabulibReader) title() string {
	description, _ := p.Value("description")
	unit, _ := p.Value("unit")
	instance, _ := p.Value("instance")
	return clipped(cmp.Or(description, strings.TrimSpace(unit+" "+instance), "Election"), mostTitle)
}

// completion is the file's where its rule names one that is known here; the default otherwise.
func (p *pabulibReader) completion() budgetingv1.CompletionRule {
	switch p.Rule {
	case "equalshares":
		return budgetingv1.CompletionRule_COMPLETION_RULE_NONE
	case "equalshares/add1":
		return budgetingv1.CompletionRule_COMPLETION_RULE_ADD_ONE
	default:
		return budgetingv1.CompletionRule_COMPLETION_RULE_UNSPECIFIED
	}
}

// program is the project as a program: what kind of thing it is counts as its function.
func (p *pabulibReader) program(i int, name string) *budgetingv1.Program {
	id, row := p.Election.Projects[i].ID, &p.Rows[i]
	out := &budgetingv1.Program{
		Name: name, DisplayName: clipped(cmp.Or(row.Name, "Project "+id), mostTitle), Code: clipped(id, mostCode),
		Function: clipped(p.Election.Projects[i].Category, mostTitle),
	}
	if len(row.Targets) > 0 {
		out.Purpose = "For " + strings.Join(row.Targets, ", ")
	}
	return out
}

// ballots are numbered by the voters' ids, or by their place in the file where ids are missing, long or not unique.
func (p *pabulibReader) ballots(names []string) []*budgetingv1.ElectionBallot {
	numbered := false
	seen := make(map[string]bool, len(p.Voters))
	for _, id := range p.Voters {
		numbered = numbered || id == "" || len(id) > mostVoter || seen[id]
		seen[id] = true
	}
	b := &p.Election.Ballots
	out := make([]*budgetingv1.ElectionBallot, b.Voters())
	for v := range out {
		out[v] = &budgetingv1.ElectionBallot{Voter: p.Voters[v]}
		if numbered {
			out[v].Voter = strconv.Itoa(v + 1)
		}
		from, to := b.Start[v], b.Start[v+1]
		for i := from; i < to; i++ {
			points := int64(1)
			switch {
			case p.Election.Type.HasPoints():
				points = b.Points[i]
			case p.Election.Type == shares.Ordinal:
				points = int64(i-from) + 1
			}
			out[v].Votes = append(out[v].Votes, &budgetingv1.BallotVote{Program: names[b.Project[i]], Points: points})
		}
	}
	return out
}

// projectID is a program's id for a project's: that of the election, so that the projects of two elections stay apart, two hyphens, and the project's
// in letters, digits and hyphens, with a part of its hash where that loses anything.
func projectID(election, id string) string {
	var b strings.Builder
	b.WriteString(election + "--")
	for _, c := range strings.ToLower(id) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			c = '-'
		}
		b.WriteRune(c)
	}
	plain, whole := b.String(), election+"--"+id
	if plain == whole && len(plain) <= mostID && !strings.HasSuffix(plain, "-") {
		return plain
	}
	sum := sha256.Sum256([]byte(whole))
	mark := hex.EncodeToString(sum[:4])
	return strings.TrimRight(plain[:min(len(plain), mostID-1-len(mark))], "-") + "-" + mark
}

// clipped is text of at most so many characters.
func clipped(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}
