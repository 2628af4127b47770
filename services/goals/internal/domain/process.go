package domain

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// Template names the steps that a plan's process starts from.
type Template string

// Templates.
const (
	TemplateCouncil   Template = "COUNCIL"
	TemplateCommunity Template = "COMMUNITY"
)

// StepState says where a step of a process stands.
type StepState string

// States of a step.
const (
	StepNotStarted StepState = "NOT_STARTED"
	StepInProgress StepState = "IN_PROGRESS"
	StepDone       StepState = "DONE"
	StepSkipped    StepState = "SKIPPED"
)

// Step is a step of the process that makes a plan.
type Step struct {
	Key         string // unique within the plan
	DisplayName string
	Phase       string
	Deliverable string
	Owner       string
	State       StepState
	Evidence    string // needed by DONE, and as a reason by SKIPPED
}

// Group is people a plan concerns.
type Group struct {
	DisplayName string // unique within the plan
	Interest    string
	Population  int64 // 0 means unknown
}

// Phases of the council's process.
const (
	phaseDirection = "Set direction"
	phaseAction    = "Plan action"
	phaseBudget    = "Budget"
	phaseMeasure   = "Measure"
)

// templates are the council's process in four phases, with SMART action plans, and the community plan in nine steps, each a
// phase of its own.
var templates = map[Template][]Step{
	TemplateCouncil: {
		{Key: "scan", Phase: phaseDirection, DisplayName: "Scan the environment", Deliverable: "Strengths, weaknesses, opportunities and threats, with drivers and blocks"},
		{Key: "vision", Phase: phaseDirection, DisplayName: "Agree on vision, mission and values", Deliverable: "Vision, mission and values of the organization"},
		{Key: "goals", Phase: phaseDirection, DisplayName: "Set goals", Deliverable: "Goals with measures of success"},
		{Key: "priorities", Phase: phaseDirection, DisplayName: "Set priorities", Deliverable: "A certified priority revision"},
		{Key: "adoption", Phase: phaseDirection, DisplayName: "Adopt the plan", Deliverable: "A resolution of the governing body"},
		{Key: "strategies", Phase: phaseAction, DisplayName: "Choose strategies", Deliverable: "Strategies with executive sponsors"},
		{Key: "action-plans", Phase: phaseAction, DisplayName: "Write SMART action plans", Deliverable: "Objectives that pass their review"},
		{Key: "timelines", Phase: phaseAction, DisplayName: "Plan timelines and assignments", Deliverable: "Milestones, and a lead for every objective"},
		{Key: "requests", Phase: phaseBudget, DisplayName: "Request money", Deliverable: "Funding requests aligned with goals"},
		{Key: "allocation", Phase: phaseBudget, DisplayName: "Allocate by priority", Deliverable: "A certified allocation"},
		{Key: "budget", Phase: phaseBudget, DisplayName: "Adopt the budget", Deliverable: "An adopted budget"},
		{Key: "measures", Phase: phaseMeasure, DisplayName: "Measure results", Deliverable: "Observations of every measure"},
		{Key: "reports", Phase: phaseMeasure, DisplayName: "Report progress", Deliverable: "Published progress reports"},
		{Key: "evaluation", Phase: phaseMeasure, DisplayName: "Evaluate and adjust", Deliverable: "Evaluations, and goals revised by them"},
	},
	TemplateCommunity: {
		{Key: "vision", Phase: "Vision", DisplayName: "Ask the community for its vision", Deliverable: "A picture of the quality of life wanted"},
		{Key: "staff-learning", Phase: "Staff learning", DisplayName: "Let staff learn with the community", Deliverable: "What staff learned, and what they will do otherwise"},
		{Key: "principles", Phase: "Principles", DisplayName: "Agree on principles, with scales and lenses", Deliverable: "Principles by scale and lens"},
		{Key: "culture-scan", Phase: "Culture scan", DisplayName: "Scan the culture", Deliverable: "Drivers, blocks and capacities"},
		{Key: "systemic", Phase: "Systemic", DisplayName: "See the system whole", Deliverable: "A context map, and what must be preserved"},
		{Key: "systematic", Phase: "Systematic", DisplayName: "Go through it step by step", Deliverable: "Goals for every scale and lens"},
		{Key: "logical", Phase: "Logical", DisplayName: "Test the logic", Deliverable: "Goals that follow from the vision, with measures of success"},
		{Key: "inclusive", Phase: "Inclusive", DisplayName: "Hear everybody", Deliverable: "Feedback of every stakeholder group and district"},
		{Key: "integration", Phase: "Integration", DisplayName: "Integrate with other plans", Deliverable: "Aligned plans, and the resolution that adopts this one"},
	},
}

// withTemplate is steps, with those of the template that they leave out, in the template's order; others come last.
func withTemplate(t Template, steps []Step) []Step {
	var out []Step
	left := slices.Clone(steps)
	for _, step := range templates[t] {
		if i := slices.IndexFunc(left, func(s Step) bool { return s.Key == step.Key }); i >= 0 {
			step = left[i]
			left = slices.Delete(left, i, i+1)
		}
		out = append(out, step)
	}
	return started(append(out, left...))
}

// started fills in the state of steps that name none.
func started(steps []Step) []Step {
	steps = slices.Clone(steps)
	for i := range steps {
		if steps[i].State == "" {
			steps[i].State = StepNotStarted
		}
	}
	return steps
}

func checkSteps(v *fault.Violations, steps []Step) {
	const field = "plan.process_steps"
	checkOnce(v, field, "step", len(steps), func(i int) string { return steps[i].Key })
	for i, s := range steps {
		at := fieldAt(field, i)
		required(v, at+".key", s.Key)
		required(v, at+".display_name", s.DisplayName)
		if s.State == StepDone || s.State == StepSkipped {
			v.Check(strings.TrimSpace(s.Evidence) != "", at+".evidence", "is required of a step that is %s; say what shows it, or why", s.State)
		}
	}
}

func checkGroups(v *fault.Violations, groups []Group) {
	const field = "plan.stakeholder_groups"
	checkOnce(v, field, "group", len(groups), func(i int) string { return groups[i].DisplayName })
	for i, g := range groups {
		required(v, fieldAt(field, i)+".display_name", g.DisplayName)
		v.Check(g.Population >= 0, fieldAt(field, i)+".population", "must not be negative; 0 means unknown")
	}
}
