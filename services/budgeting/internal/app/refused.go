package app

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

// What the engine calls the elements of its input.
var (
	enginePath  = regexp.MustCompile(`^(programs|packages|funds|params|election|later)(?:\[(\d+)\])?(?:\.|$)`)
	engineWords = strings.NewReplacer(
		"requires[", "prerequisites[", "excludes[", "exclusions[", "].level", "].level_id", "].package", "].decision_package", "].year", "].year_offset",
	)
	paramWords = strings.NewReplacer("attributes", "attribute_weights", "min_bp", "min_points")
)

// refused turns what the engine says of its input into what a budget officer can find: requests, packages and envelopes by name. They are state,
// not part of the call.
func refused(err error, books domain.Books) error {
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid || len(f.Violations) == 0 {
		return err
	}
	out := fault.State("REQUESTS_INVALID", "the requests or parameters cannot be allocated as they are; mend what is listed").Because(err)
	for _, v := range f.Violations {
		if m := enginePath.FindStringSubmatch(v.Field); m != nil {
			at, _ := strconv.Atoi(m[2]) // none is 0
			v.Field = found(books, m[1], at, strings.TrimPrefix(v.Field, m[0]), v.Field)
		}
		out.Violations = append(out.Violations, v)
	}
	return out
}

// found is where the caller finds what the engine calls rest of the element at of a list; field for what has no name of its own.
func found(b domain.Books, list string, at int, rest, field string) string {
	in := func(name string) string { return strings.TrimSuffix(name+"."+rest, ".") }
	switch {
	case list == "programs" && at < len(b.Asks) && rest != "":
		return in(b.Asks[at].Request.Name())
	case list == "packages" && at < len(b.Packages) && rest != "":
		return engineWords.Replace(in(b.Packages[at].Name()))
	case list == "election" && b.Election != nil:
		return strings.Replace(in(b.Election.Name()), ".budget", ".amount", 1)
	case list == "funds" && rest != "" && b.Election != nil: // the only one
		return b.Budget.Name() + ".envelopes of " + domain.FundName(b.Budget.Organization, b.Election.Fund)
	case list == "funds" && rest != "" && at < len(b.Budget.Envelopes):
		return in(b.Budget.Name() + ".envelopes[" + strconv.Itoa(at) + "]")
	case list == "funds":
		return b.Budget.Name() + ".envelopes"
	case list == "params":
		return "allocation.parameters." + paramWords.Replace(rest)
	case list == "later":
		return strings.Replace(field, "later", "allocation.parameters.later_envelopes", 1)
	default:
		return field
	}
}
