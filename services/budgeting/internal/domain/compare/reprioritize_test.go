package compare

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// square is two programs of $1,000 and $1,800 for them. At a score of 100 % and 0 % they get $950 and $850.
func square(fire, parks int64) model.Input {
	in := town(1800)
	in.Goals = []model.Goal{{ID: "safety", WeightPPM: 1_000_000}}
	in.Programs = []model.Program{program("fire", 1000, fire, 0), program("parks", 1000, parks, 0)}
	for i := range in.Programs {
		in.Programs[i].Alignment = in.Programs[i].Alignment[:1]
	}
	return in
}

func TestReprioritizeByHand(t *testing.T) {
	fifty, council := int64(50_00), Authority{Body: "council", Scope: AnyTransfer}
	departments := func(string) string { return "services" }
	tests := []struct {
		name        string
		encumbered  []Encumbrance
		authorities []Authority
		moved       int64
		blocked     int64
		fire, parks int64 // after
		body        string
	}{
		{"all of it", nil, []Authority{council}, 100_00, 0, 850_00, 950_00, "council"},
		{"half of it is bound", []Encumbrance{{"fire", "general", 600_00}, {"fire", "general", 300_00}}, []Authority{council}, 50_00, 50_00, 900_00, 900_00, "council"},
		{"bound money stays whole units", []Encumbrance{{"fire", "general", 899_01}}, []Authority{council}, 50_00, 50_00, 900_00, 900_00, "council"},
		{"all of it is bound", []Encumbrance{{"fire", "general", 2000_00}}, []Authority{council}, 0, 100_00, 950_00, 850_00, ""},
		{"the receiver's money does not matter", []Encumbrance{{"parks", "general", 850_00}}, nil, 100_00, 0, 850_00, 950_00, ""},
		{"the first authority that covers it", nil, []Authority{{"head", SameDepartment, &fifty}, {"director", SameDepartment, nil}, council}, 100_00, 0, 850_00, 950_00, "director"},
		{"within its limit", []Encumbrance{{"fire", "general", 900_00}}, []Authority{{"head", SameFund, &fifty}, council}, 50_00, 50_00, 900_00, 900_00, "head"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r, err := Reprioritize(context.Background(), solved(t, square(4, 0)), square(0, 4), tc.encumbered, tc.authorities, departments)
			if err != nil {
				t.Fatal(err)
			}
			if r.Moved != tc.moved || r.Blocked != tc.blocked || r.Wanted != 100_00 || r.Gained != tc.moved {
				t.Fatalf("moved %d, blocked %d of %d, gained %d", r.Moved, r.Blocked, r.Wanted, r.Gained)
			}
			if r.Programs[0].After != tc.fire || r.Programs[1].After != tc.parks || r.Programs[1].Target != 950_00 {
				t.Fatalf("programs %+v", r.Programs)
			}
			if tc.moved > 0 && (len(r.Groups) != 1 || r.Groups[0].Body != tc.body || r.Transfers[0] != (Transfer{"general", "fire", "parks", false, tc.moved, tc.body, tc.moved})) {
				t.Fatalf("transfers %+v in groups %+v", r.Transfers, r.Groups)
			}
		})
	}
}

func TestAFloorAndWhatIsBoundAreBothKept(t *testing.T) {
	in := square(0, 4)
	in.Programs[0].Mandate = &model.Mandate{Minimum: 700_00, Citation: "Code § 1", Attested: true} // D = 300: 3 × 300 and 1 × 1000 share 200
	r, err := Reprioritize(context.Background(), solved(t, square(4, 0)), in, []Encumbrance{{"fire", "general", 230_00}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Max cut stops fire at 300 − 60 = 940; of its 950 all but 20 are bound or its floor, so the 10 can go.
	if s := r.Programs[0]; s.Target != 940_00 || s.After != 940_00 || s.Floor != 700_00 || s.Encumbered != 230_00 || r.Blocked != 0 {
		t.Fatalf("fire %+v", s)
	}
	r, err = Reprioritize(context.Background(), solved(t, square(4, 0)), in, []Encumbrance{{"fire", "general", 245_00}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Programs[0]; s.After != 945_00 || r.Blocked != 5_00 || r.Moved != 5_00 {
		t.Fatalf("fire %+v, blocked %d", s, r.Blocked)
	}
	says := strings.Join(r.Sentences, "\n")
	for _, s := range []string{
		"The new priorities would take 10.00 USD from 1 program.", "5.00 USD of it stays where it is", "5.00 USD can move now by 1 transfer",
		`In fund "general" nobody named may approve 1 transfer of 5.00 USD.`,
		`Program "fire" keeps 5.00 USD more than the new priorities give it: 245.00 USD is encumbered or spent and 700.00 USD is its floor.`,
	} {
		if !strings.Contains(says, s) {
			t.Errorf("%q is missing in\n%s", s, says)
		}
	}
}

// Parks may be paid by two funds; when fire needs general again, parks change over to the grant as the park rangers leave it.
func TestMoneyTravelsThroughAProgramThatChangesFunds(t *testing.T) {
	in := square(4, 4)
	in.Funds = append(in.Funds, model.Fund{ID: "grant", Available: 1000_00, Class: model.Restricted, Kind: model.SpecialRevenue})
	in.Programs = append(in.Programs, program("rangers", 1000, 0, 0))
	rangers := &in.Programs[2]
	rangers.Alignment = rangers.Alignment[:1]
	rangers.CostLines[0].Fund = "grant"
	in.Programs[1].EligibleFunds = []string{"grant"}
	old := plan(in, 900, 1000, 800)
	old.Plan.Lines[1].Paid = []model.Payment{{Fund: "general", Amount: 800_00}, {Fund: "grant", Amount: 200_00}}
	old.Plan.Lines[2].Fund, old.Plan.Lines[2].Paid = "grant", []model.Payment{{Fund: "grant", Amount: 800_00}}
	now := plan(in, 1000, 1000, 700)
	now.Plan.Lines[1].Paid = []model.Payment{{Fund: "general", Amount: 700_00}, {Fund: "grant", Amount: 300_00}}
	now.Plan.Lines[2].Fund, now.Plan.Lines[2].Paid = "grant", []model.Payment{{Fund: "grant", Amount: 700_00}}
	for _, tc := range []struct {
		name                 string
		bound                int64 // of the rangers
		fire, parks, rangers int64
	}{{"freely", 0, 1000_00, 1000_00, 700_00}, {"as far as it goes", 760_00, 940_00, 1000_00, 760_00}, {"or not at all", 800_00, 900_00, 1000_00, 800_00}} {
		t.Run(tc.name, func(t *testing.T) {
			m := newMover(newSide(old), newSide(now), []Encumbrance{{"rangers", "grant", tc.bound}})
			m.settle()
			got := m.shifts()
			if got[0].After != tc.fire || got[1].After != tc.parks || got[2].After != tc.rangers {
				t.Fatalf("shifts %+v", got)
			}
		})
	}
}

// A plan that is short pays p6 110 of the 112 that its mandate asks. P6 keeps the 111 that it has; the others share what can move without its 1.
func TestAPlanThatPaysLessThanAFloorIsNotFollowedBelowIt(t *testing.T) {
	in := town(1000)
	in.RoundingUnit = 1
	in.Funds = []model.Fund{{ID: "f0"}, {ID: "f1"}, {ID: "f2"}}
	in.Programs = []model.Program{program("p1", 1, 4, 4), program("p2", 1, 4, 4), program("p3", 1, 4, 4), program("p4", 1, 4, 4), program("p6", 1, 4, 4)}
	pays := func(outcome model.Outcome, p1, p2, p3, p3f2, p4, p6 int64) Run {
		line := func(program, fund string, amount, floor int64, paid ...model.Payment) model.Line {
			return model.Line{Program: program, Fund: fund, Treatment: model.Competes, Base: amount, Amount: amount, Floor: floor, Reason: model.AtRate, Paid: paid}
		}
		return Run{Input: in, Plan: model.Plan{Method: in.Method, Outcome: outcome, Lines: []model.Line{
			line("p1", "f0", 22, 0, model.Payment{Fund: "f2", Amount: 22, OneTime: 22}),
			line("p1", "f1", p1, 0, model.Payment{Fund: "f1", Amount: p1}),
			line("p2", "f1", p2, 0, model.Payment{Fund: "f1", Amount: p2}),
			line("p3", "f2", p3+p3f2, 0, model.Payment{Fund: "f1", Amount: p3}, model.Payment{Fund: "f2", Amount: p3f2}),
			line("p4", "f2", p4, 0, model.Payment{Fund: "f2", Amount: p4}),
			line("p6", "f0", 53, 44, model.Payment{Fund: "f0", Amount: 20}), // packages must find the other 33
			line("p6", "f1", p6, 68, model.Payment{Fund: "f1", Amount: p6}),
		}}}
	}
	before := pays(model.ReductionShort, 81, 102, 4, 44, 112, 91)
	tests := []struct {
		name     string
		old, now Run
		want     []Shift
	}{
		{"below the floor from the start", before, pays(model.ReductionShort, 85, 97, 6, 42, 114, 90), []Shift{
			{Program: "p1", Old: 103, Target: 107, After: 106, Gets: 3},
			{Program: "p2", Old: 102, Target: 97, After: 97, Gives: 5},
			{Program: "p3", Old: 48, Target: 48, After: 48, Gives: 2, Gets: 2},
			{Program: "p4", Old: 112, Target: 114, After: 114, Gets: 2},
			{Program: "p6", Old: 111, Target: 110, After: 111, Floor: 112, Blocked: 1},
		}},
		{"p6 gets as much as before", before, pays(model.ReductionShort, 84, 97, 6, 42, 114, 91), []Shift{
			{Program: "p1", Old: 103, Target: 106, After: 106, Gets: 3},
			{Program: "p2", Old: 102, Target: 97, After: 97, Gives: 5},
			{Program: "p3", Old: 48, Target: 48, After: 48, Gives: 2, Gets: 2},
			{Program: "p4", Old: 112, Target: 114, After: 114, Gets: 2},
		}},
		{"p6 rises towards its floor", before, pays(model.ReductionShort, 81, 101, 4, 44, 112, 92), []Shift{
			{Program: "p2", Old: 102, Target: 101, After: 101, Gives: 1},
			{Program: "p6", Old: 111, Target: 112, After: 112, Gets: 1, Floor: 112},
		}},
		{"p6 falls to its floor", pays(model.Optimal, 81, 102, 4, 44, 112, 94), pays(model.ReductionShort, 85, 102, 4, 44, 112, 90), []Shift{
			{Program: "p1", Old: 103, Target: 107, After: 105, Gets: 2},
			{Program: "p6", Old: 114, Target: 110, After: 112, Gives: 2, Floor: 112, Blocked: 2},
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			m := newMover(newSide(tc.old), newSide(tc.now), nil)
			m.settle()
			got := m.shifts()
			for i := range got {
				got[i].ScoreBP = 0
			}
			if !slices.Equal(got, tc.want) {
				t.Fatalf("shifts %+v", got)
			}
		})
	}
}

// With 1,000 the grant pays arts the 800 that they must keep and the clinic 200 of its 990; the clinic's mandate asks 1,900 of both its lines. So
// no general money leaves the clinic, though the new plan lowers that line within its own limits. With 2,000 both lines are paid, and it may.
func TestAShortBlockKeepsMandatedMoneyWhereItIs(t *testing.T) {
	in := func(fire, clinic, parks, grant int64) model.Input {
		in := square(fire, parks)
		in.Funds[0].Available = 2750_00
		in.Funds = append(in.Funds, model.Fund{ID: "grant", Available: grant, Class: model.Restricted, Kind: model.SpecialRevenue})
		in.Programs = append(in.Programs, program("arts", 1000, 0, 0), program("clinic", 1000, clinic, 0))
		for i := 2; i < 4; i++ {
			in.Programs[i].Alignment = in.Programs[i].Alignment[:1]
		}
		in.Programs[2].CostLines[0].Fund = "grant"
		in.Programs[3].CostLines = append(in.Programs[3].CostLines, model.CostLine{ID: "outreach", Fund: "grant", Treatment: model.Competes, Amount: 1000_00})
		in.Programs[3].Mandate = &model.Mandate{Minimum: 1900_00, Citation: "Code § 1", Attested: true}
		return in
	}
	for _, tc := range []struct {
		name  string
		grant int64
		out   model.Outcome
		want  []Shift
	}{
		{"short", 1000_00, model.ReductionShort, []Shift{
			{Program: "clinic", Old: 1197_00, Target: 1191_00, After: 1197_00, Floor: 1900_00, Blocked: 6_00},
			{Program: "fire", ScoreBP: 10_000, Old: 815_00, Target: 940_00, After: 934_00, Gets: 119_00},
			{Program: "parks", Old: 938_00, Target: 819_00, After: 819_00, Gives: 119_00},
		}},
		{"not short", 2000_00, model.Optimal, []Shift{
			{Program: "clinic", Old: 1997_00, Target: 1991_00, After: 1991_00, Gives: 6_00, Floor: 1900_00},
			{Program: "fire", ScoreBP: 10_000, Old: 815_00, Target: 940_00, After: 940_00, Gets: 125_00},
			{Program: "parks", Old: 938_00, Target: 819_00, After: 819_00, Gives: 119_00},
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := Reprioritize(context.Background(), solved(t, in(0, 4, 4, tc.grant)), in(4, 0, 0, tc.grant), nil, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r.New.Plan.Outcome != tc.out || !slices.Equal(r.Programs, tc.want) || r.Wanted != 125_00 || r.Moved != 125_00-r.Blocked {
				t.Fatalf("%s, %d of %d moved, %+v", r.New.Plan.Outcome, r.Moved, r.Wanted, r.Programs)
			}
		})
	}
}

func TestReprioritizeRefuses(t *testing.T) {
	negative := int64(-1)
	old := solved(t, square(4, 0))
	_, err := Reprioritize(context.Background(), old, square(0, 4),
		[]Encumbrance{{"x", "y", -1}}, []Authority{{"", "ALL", &negative}}, nil)
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid || len(f.Violations) != 6 {
		t.Fatalf("error %v", err)
	}
	broke := square(0, 4)
	broke.Funds[0].Available = 0
	broke.Programs[0].Mandate = &model.Mandate{Minimum: 1, Citation: "Code § 1", Attested: true}
	if _, err := Reprioritize(context.Background(), old, broke, nil, nil, nil); !fault.Is(err, fault.FailedPrecondition) {
		t.Fatalf("error %v", err)
	}
	foreign := square(0, 4)
	foreign.Currency = "EUR"
	if _, err := Reprioritize(context.Background(), old, foreign, nil, nil, nil); !fault.Is(err, fault.Invalid) {
		t.Fatalf("error %v", err)
	}
}
