package engine

import (
	"context"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// The solver speaks of groups by number; whoever made the packages knows them by name.
func TestTooManyLinkedPackagesAreNamed(t *testing.T) {
	pack := func(id string, excludes ...string) model.Package {
		p := model.Package{ID: id, Program: "fire", Levels: []model.PackageLevel{{ID: "a"}}}
		for _, other := range excludes {
			p.Excludes = append(p.Excludes, model.PackageRef{Package: other})
		}
		return p
	}
	in := model.Input{
		Method: model.Packages, RoundingUnit: 1, Funds: []model.Fund{{ID: "general"}}, Programs: []model.Program{{ID: "fire"}},
		Packages: []model.Package{pack("k0"), pack("k1", "k0"), pack("k2"), pack("k3", "k2"), pack("k4", "k2")},
	}
	s := newShop(&book{in: in, purse: newPurse(in.Funds), offered: offered(&in)}, []int64{0})
	err := s.unsolved(fault.New(fault.Invalid, "TOO_MANY_LINKED_PACKAGES", "group 7"))
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), `package "k2" and 2 more`) || strings.Contains(err.Error(), "group") {
		t.Fatalf("error %v", err)
	}
	if err := s.unsolved(context.Canceled); !strings.Contains(err.Error(), "allocate") {
		t.Fatalf("error %v", err)
	}
	if err := s.unsolved(fault.New(fault.Invalid, "", "broken")); !fault.Is(err, fault.Internal) {
		t.Fatalf("error %v", err)
	}
}
