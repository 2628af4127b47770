package domain

// PlanGoal is a goal as its plan shows it.
type PlanGoal struct {
	Name        string
	DisplayName string
	Parent      string // name of the goal above it, or ""
}

// PlanName is the resource name of a plan.
func PlanName(organization, id string) string {
	return name("organizations", organization, "plans", id)
}
