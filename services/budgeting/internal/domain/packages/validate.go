package packages

import (
	"fmt"

	"github.com/throughline/throughline/services/platform/fault"
)

// Validate answers an Invalid fault that names every bad field.
func (p *Problem) Validate() error {
	var v fault.Violations
	p.validateClasses(&v)
	p.validateGroups(&v)
	for i, l := range p.Links {
		field := fmt.Sprintf("links[%d]", i)
		v.Check(l.Kind == Requires || l.Kind == Excludes, field+".kind", "must be Requires or Excludes")
		p.validateEnd(&v, field+".group", field+".level", l.Group, l.Level)
		p.validateEnd(&v, field+".other", field+".other_level", l.Other, l.OtherLevel)
		v.Check(l.Group != l.Other, field+".other", "must be another group than group %d", l.Group)
	}
	return v.Err()
}

func (p *Problem) validateEnd(v *fault.Violations, groupField, levelField string, group, level int32) {
	if group < 0 || int(group) >= len(p.Groups) {
		v.Add(groupField, "is %d; there are groups 0 to %d", group, len(p.Groups)-1)
		return
	}
	if n := len(p.Groups[group].Levels); level < 0 || int(level) >= n {
		v.Add(levelField, "is %d; group %d has levels 0 to %d", level, group, n-1)
	}
}

func (p *Problem) validateClasses(v *fault.Violations) {
	known := map[string]int{}
	for c, set := range p.Eligible {
		field := fmt.Sprintf("eligible[%d]", c)
		v.Check(len(set) > 0, field, "must name at least one node that may pay this class")
		for i, k := range set {
			v.Check(k >= 0 && int(k) < len(p.Capacity), fmt.Sprintf("%s[%d]", field, i), "is %d; there are nodes 0 to %d", k, len(p.Capacity)-1)
			v.Check(i == 0 || set[i-1] < k, fmt.Sprintf("%s[%d]", field, i), "must be greater than the node before it")
		}
		name := fmt.Sprint(set)
		if first, ok := known[name]; ok {
			v.Add(field, "has the same nodes as class %d; give both costs that class", first)
		} else {
			known[name] = c
		}
	}
	var sum int64
	for k, units := range p.Capacity {
		field := fmt.Sprintf("capacity[%d]", k)
		v.Check(units >= 0, field, "must be at least 0")
		sum = within(v, field, sum, units)
	}
}

// validateGroups names a field only once something is wrong with it: names for every amount would take longer than many a search.
func (p *Problem) validateGroups(v *fault.Violations) {
	var values, costs int64
	for g := range p.Groups {
		group := &p.Groups[g]
		if group.Required && len(group.Levels) == 0 {
			v.Add(fmt.Sprintf("groups[%d].levels", g), "a required group must have at least one level")
		}
		var value, cost int64 // the largest of the group's
		for l := range group.Levels {
			level := &group.Levels[l]
			if level.Value < -limit || level.Value > limit {
				v.Add(fmt.Sprintf("groups[%d].levels[%d].value", g, l), "must be between -2^62 and 2^62")
			} else {
				value = max(value, level.Value, -level.Value)
			}
			sum, ok := p.sumCosts(level.Costs)
			if !ok {
				p.validateCosts(v, fmt.Sprintf("groups[%d].levels[%d]", g, l), level.Costs)
			}
			cost = max(cost, sum)
		}
		if value > limit-values || cost > limit-costs {
			field := fmt.Sprintf("groups[%d].levels", g)
			values, costs = within(v, field, values, value), within(v, field, costs, cost)
			continue
		}
		values, costs = values+value, costs+cost
	}
}

// sumCosts adds up the costs of a level and says whether they are in order.
func (p *Problem) sumCosts(costs []Cost) (sum int64, ok bool) {
	for i, c := range costs {
		if c.Class < 0 || int(c.Class) >= len(p.Eligible) || c.Units < 0 || c.Units > limit-sum || repeated(costs[:i], c.Class) {
			return sum, false
		}
		sum += c.Units
	}
	return sum, true
}

func repeated(costs []Cost, class int32) bool {
	for _, c := range costs {
		if c.Class == class {
			return true
		}
	}
	return false
}

func (p *Problem) validateCosts(v *fault.Violations, field string, costs []Cost) {
	var sum int64
	for i, c := range costs {
		at := fmt.Sprintf("%s.costs[%d]", field, i)
		v.Check(c.Class >= 0 && int(c.Class) < len(p.Eligible), at+".class", "is %d; there are classes 0 to %d", c.Class, len(p.Eligible)-1)
		v.Check(c.Units >= 0, at+".units", "must be at least 0")
		v.Check(!repeated(costs[:i], c.Class), at+".class", "names class %d twice; add the units up", c.Class)
		sum = within(v, at+".units", sum, c.Units)
	}
}

// within adds up non-negative numbers below 2^62 and names the field that goes beyond; the sum then stays where it was.
func within(v *fault.Violations, field string, sum, more int64) int64 {
	if more > limit-sum {
		v.Add(field, "brings the sum to 2^62 or more; use a larger unit")
		return sum
	}
	return sum + max(more, 0)
}
