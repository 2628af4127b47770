// Package shares selects projects of a participatory budget by the method of equal shares, or by votes, in exact arithmetic.
package shares

// VoteType is how the ballots of an election are to be read.
type VoteType string

// Vote types, as Pabulib names them (Stolicki, Szufa and Talmon, arXiv:2012.06539).
const (
	Approval   VoteType = "APPROVAL"   // a set of projects
	ChooseOne  VoteType = "CHOOSE_ONE" // one project at most
	Ordinal    VoteType = "ORDINAL"    // projects from the most liked to the least liked
	Cumulative VoteType = "CUMULATIVE" // points shared out among projects
	Scoring    VoteType = "SCORING"    // points for each project on its own
)

// HasPoints says whether ballots of this type carry points.
func (t VoteType) HasPoints() bool { return t == Cumulative || t == Scoring }

// Project is one project: funded whole or not at all.
type Project struct {
	ID       string // unique; the last word in ties
	Cost     int64  // minor units, > 0
	Category string
}

// Ballots holds every ballot in three flat slices: voter v named Project[Start[v]:Start[v+1]], in the order of the ballot, and gave them the
// Points at the same places. Start has one entry more than there are voters; Points is empty unless the vote type carries points.
type Ballots struct {
	Start   []int32
	Project []int32 // indexes of Election.Projects
	Points  []int64 // ≥ 0; nought is no support
}

// Voters is how many ballots there are.
func (b *Ballots) Voters() int { return max(0, len(b.Start)-1) }

// Add appends one ballot; points is nil unless the vote type carries them.
func (b *Ballots) Add(projects []int32, points []int64) {
	if len(b.Start) == 0 {
		b.Start = append(b.Start, 0)
	}
	b.Project = append(b.Project, projects...)
	b.Points = append(b.Points, points...)
	b.Start = append(b.Start, int32(len(b.Project))) //nolint:gosec // Validate refuses more entries than MaxEntries
}

// Election is what was voted on and how everyone voted.
type Election struct {
	Budget   int64 // minor units, > 0
	Type     VoteType
	Projects []Project
	Ballots  Ballots
}

// Limits of one election. Amounts are limited by Limit, see Validate.
const (
	MaxProjects = 1 << 16
	MaxVoters   = 1 << 24
	MaxEntries  = 1 << 30
	MaxPoints   = 1 << 20
	// Limit bounds every product that the rule forms: voters × money per voter × points.
	Limit int64 = 1 << 62
)
