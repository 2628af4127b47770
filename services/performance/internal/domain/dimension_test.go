package domain

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

func TestDimensionChecks(t *testing.T) {
	many := make([]Dimension, MaxDimensions+1)
	for i := range many {
		many[i] = Dimension{Dimension: fmt.Sprint("d", i), Kind: Group}
	}
	for _, tt := range []struct {
		name       string
		dimensions []Dimension
		want       []string // fields
	}{
		{"good", []Dimension{{"north", District, "North side"}, {"children", Group, ""}, {"North", District, ""}}, nil},
		{"the most", many[:MaxDimensions], nil},
		{"too many", many, []string{"measure.dimensions"}},
		{"nothing said", []Dimension{{}}, []string{"measure.dimensions[0].dimension", "measure.dimensions[0].kind"}},
		{"space around", []Dimension{{" north", District, ""}}, []string{"measure.dimensions[0].dimension"}},
		{"twice", []Dimension{{"a", District, ""}, {"b", District, ""}, {"a", Group, ""}}, []string{"measure.dimensions[2].dimension"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := good()
			m.Dimensions = tt.dimensions
			_, err := NewMeasure(m, noon)
			var got []string
			if f, ok := fault.As(err); ok {
				for _, v := range f.Violations {
					got = append(got, v.Field)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("violations %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTerms(t *testing.T) {
	anything, declared := NewTerms(Monthly, nil, ""), NewTerms(Monthly, []Dimension{{"south", District, ""}, {"north", District, ""}}, "")
	for _, tt := range []struct {
		terms     Terms
		dimension string
		want      bool
	}{
		{anything, "", true},
		{anything, "north", true},
		{declared, "", true}, // the whole
		{declared, "north", true},
		{declared, "south", true},
		{declared, "North", false},
		{declared, "east", false},
	} {
		if got := tt.terms.takes(tt.dimension); got != tt.want {
			t.Errorf("%v takes %q: %v", tt.terms.Dimensions, tt.dimension, got)
		}
	}
	if said := declared.undeclared("east"); !strings.Contains(said, "(north, south)") {
		t.Error(said)
	}
	wide := Terms{Dimensions: strings.Fields(strings.Repeat("d ", 30))}
	if said := wide.undeclared("east"); !strings.Contains(said, "d and 10 more)") {
		t.Error(said)
	}
}

func TestLosing(t *testing.T) {
	for _, tt := range []struct {
		name                    string
		before, after, recorded string
		want                    string
	}{
		{"nothing changes", "a b", "b a", "a b", ""},
		{"one without values goes", "a b", "a", "a", ""},
		{"one with values goes", "a b c", "a", "a b c", "b c"},
		{"all go", "a b", "", "a", "a"},
		{"the first declaration holds for what is there", "", "a", "a b", "b"},
		{"the first declaration names all", "", "a b", "a b", ""},
	} {
		measure := func(dimensions string) (m Measure) {
			for d := range strings.FieldsSeq(dimensions) {
				m.Dimensions = append(m.Dimensions, Dimension{Dimension: d, Kind: Group})
			}
			return m
		}
		got := measure(tt.before).Losing(measure(tt.after), append([]string{""}, strings.Fields(tt.recorded)...))
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}
