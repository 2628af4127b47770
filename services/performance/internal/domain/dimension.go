package domain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// DimensionKind says what a dimension is.
type DimensionKind string

// Kinds of dimensions.
const (
	District DimensionKind = "DISTRICT" // part of the city
	Group    DimensionKind = "GROUP"    // group of people
)

// MaxDimensions is how many dimensions a measure can declare.
const MaxDimensions = 500

// Dimension is a part of the city or a group of people that values are recorded for beside the whole.
type Dimension struct {
	Dimension   string // what observations say
	Kind        DimensionKind
	DisplayName string // to print; empty means Dimension
}

// Terms are what a measure asks of its values, and how far they reach.
type Terms struct {
	Frequency  Frequency
	Dimensions []string // that it declares, sorted; none: any is taken
	Last       Date     // the latest period that has a value in any dimension; empty when none has
}

// NewTerms are the terms of a measure of this frequency and these dimensions.
func NewTerms(f Frequency, dimensions []Dimension, last Date) Terms {
	t := Terms{Frequency: f, Dimensions: make([]string, len(dimensions)), Last: last}
	for i, d := range dimensions {
		t.Dimensions[i] = d.Dimension
	}
	slices.Sort(t.Dimensions)
	return t
}

// takes says whether values for the dimension are taken; those for the whole, which is "", always are.
func (t Terms) takes(dimension string) bool {
	if dimension == "" || len(t.Dimensions) == 0 {
		return true
	}
	_, declared := slices.BinarySearch(t.Dimensions, dimension)
	return declared
}

func (t Terms) undeclared(dimension string) string {
	const most = 20
	shown, more := t.Dimensions, ""
	if len(shown) > most {
		shown, more = shown[:most], fmt.Sprintf(" and %d more", len(t.Dimensions)-most)
	}
	return fmt.Sprintf("%q is not among the dimensions that the measure declares (%s%s); declare it in measure.dimensions, or send one of them",
		dimension, strings.Join(shown, ", "), more)
}

// Losing are those of the recorded dimensions that the change from m to next would leave undeclared: their values could be
// neither explained nor continued.
func (m Measure) Losing(next Measure, recorded []string) []string {
	before, after := NewTerms(m.Frequency, m.Dimensions, ""), NewTerms(next.Frequency, next.Dimensions, "")
	var lost []string
	for _, d := range recorded {
		_, declared := slices.BinarySearch(before.Dimensions, d)
		_, stays := slices.BinarySearch(after.Dimensions, d)
		if d != "" && !stays && (declared || len(after.Dimensions) > 0) {
			lost = append(lost, d)
		}
	}
	return lost
}

func (m Measure) checkDimensions(v *fault.Violations) {
	v.Check(len(m.Dimensions) <= MaxDimensions, "measure.dimensions", "has %d entries; declare at most %d", len(m.Dimensions), MaxDimensions)
	seen := make(map[string]int, len(m.Dimensions))
	for i, d := range m.Dimensions {
		field := fmt.Sprintf("measure.dimensions[%d].", i)
		required(v, field+"dimension", d.Dimension)
		required(v, field+"kind", d.Kind)
		v.Check(strings.TrimSpace(d.Dimension) == d.Dimension || strings.TrimSpace(d.Dimension) == "", field+"dimension",
			"%q has space around it, which observations would have to repeat; leave it out", d.Dimension)
		first, twice := seen[d.Dimension]
		v.Check(!twice, field+"dimension", "%q is declared already by dimensions[%d]; declare each once", d.Dimension, first)
		if !twice {
			seen[d.Dimension] = i
		}
	}
}
