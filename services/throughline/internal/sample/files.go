package sample

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/fault"
)

// City is a sample city. Its YAML files hold resources exactly as the REST API takes them.
type City struct {
	Organization   *goalsv1.Organization
	Plan           *goalsv1.Plan
	Adoption       *goalsv1.Adoption
	Goals          []*goalsv1.Goal
	Prioritization *goalsv1.Prioritization
	Ballots        []*goalsv1.Ballot
	Allocation     *budgetingv1.Allocation
	Evidence       string // vouches for what the requests say
	Example        string // program whose explanation is worth a first look

	PolicyResolution string // by which council froze what results do to each program

	Funds      []*budgetingv1.Fund           // restrictions, set after the budget is imported
	Requests   []*budgetingv1.FundingRequest // what the budget files do not say; names and the fields to set
	Measures   []*performancev1.Measure
	Strategies []*actionplanningv1.Strategy
	Objectives []*actionplanningv1.Objective
	Work       []*actionplanningv1.Assignment

	Budget    *budgetingv1.Budget // envelopes and who may approve transfers, set after the budget is imported
	Packages  []*budgetingv1.DecisionPackage
	Scenarios []*budgetingv1.Scenario
	Election  *budgetingv1.Election // name and fund; the rest is in election.pb
}

// readCity reads the YAML files of a city.
func readCity(dir string) (City, error) {
	c := City{
		Organization: &goalsv1.Organization{}, Plan: &goalsv1.Plan{}, Adoption: &goalsv1.Adoption{},
		Prioritization: &goalsv1.Prioritization{}, Allocation: &budgetingv1.Allocation{}, Budget: &budgetingv1.Budget{}, Election: &budgetingv1.Election{},
	}
	sections := map[string]map[string]any{
		"city.yaml": {
			"organization": c.Organization, "plan": c.Plan, "adoption": c.Adoption, "goals": &c.Goals,
			"prioritization": c.Prioritization, "ballots": &c.Ballots, "allocation": c.Allocation, "evidence": &c.Evidence, "example": &c.Example,
			"policyResolution": &c.PolicyResolution,
		},
		"funds.yaml":    {"funds": &c.Funds},
		"requests.yaml": {"fundingRequests": &c.Requests},
		"measures.yaml": {"measures": &c.Measures},
		"action.yaml":   {"strategies": &c.Strategies, "objectives": &c.Objectives, "assignments": &c.Work},
		"choices.yaml":  {"budget": c.Budget, "decisionPackages": &c.Packages, "scenarios": &c.Scenarios, "election": c.Election},
	}
	for _, file := range []string{"city.yaml", "funds.yaml", "requests.yaml", "measures.yaml", "action.yaml", "choices.yaml"} {
		if err := readSections(filepath.Join(dir, file), sections[file]); err != nil {
			return c, err
		}
	}
	return c, nil
}

func readSections(path string, into map[string]any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read sample city: %w", err)
	}
	var found map[string]any
	if err := yaml.Unmarshal(text, &found); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for name, value := range found {
		target, ok := into[name]
		if !ok {
			return fmt.Errorf("%s: %q is no section of this file", path, name)
		}
		if err := decode(value, target); err != nil {
			return fmt.Errorf("%s: %s: %w", path, name, err)
		}
	}
	return nil
}

// decode reads a section into a message, a slice of messages or a text.
func decode(value, target any) error {
	switch target := target.(type) {
	case proto.Message:
		return decodeMessage(value, target)
	case *string:
		text, ok := value.(string)
		*target = text
		if !ok {
			return fmt.Errorf("is a %T, not a text", value)
		}
		return nil
	case *[]*goalsv1.Goal:
		return decodeList(value, target)
	case *[]*goalsv1.Ballot:
		return decodeList(value, target)
	case *[]*budgetingv1.Fund:
		return decodeList(value, target)
	case *[]*budgetingv1.FundingRequest:
		return decodeList(value, target)
	case *[]*budgetingv1.DecisionPackage:
		return decodeList(value, target)
	case *[]*budgetingv1.Scenario:
		return decodeList(value, target)
	case *[]*performancev1.Measure:
		return decodeList(value, target)
	case *[]*actionplanningv1.Strategy:
		return decodeList(value, target)
	case *[]*actionplanningv1.Objective:
		return decodeList(value, target)
	case *[]*actionplanningv1.Assignment:
		return decodeList(value, target)
	}
	return fmt.Errorf("nothing reads a %T", target)
}

func decodeList[T any, M interface {
	*T
	proto.Message
}](value any, into *[]M) error {
	items, ok := value.([]any)
	if !ok {
		return fmt.Errorf("is a %T, not a list", value)
	}
	for i, item := range items {
		m := M(new(T))
		if err := decodeMessage(item, m); err != nil {
			return fmt.Errorf("entry %d: %w", i+1, err)
		}
		*into = append(*into, m)
	}
	return nil
}

func decodeMessage(value any, into proto.Message) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return protojson.Unmarshal(text, into)
}

// readCSV reads a file with a header line and hands each row to do as a map.
func readCSV(path string, do func(row map[string]string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for n, cells := range rows[min(1, len(rows)):] {
		row := make(map[string]string, len(cells))
		for i, name := range rows[0] {
			row[name] = cells[i]
		}
		if err := do(row); err != nil {
			return fmt.Errorf("%s: row %d: %w", path, n+1, err)
		}
	}
	return nil
}

// parent is a name without its last collection and id.
func parent(name string) string {
	parts := strings.Split(name, "/")
	return strings.Join(parts[:max(0, len(parts)-2)], "/")
}

// last is the id at the end of a name.
func last(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// unlessExists forgives what an earlier, interrupted load has made.
func unlessExists(err error) error {
	if fault.Is(err, fault.AlreadyExists) {
		return nil
	}
	return err
}
