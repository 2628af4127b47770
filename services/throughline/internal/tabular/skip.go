package tabular

import "fmt"

// SkipRule names rows that say nothing of what a file is imported for, such as a sum. Rows skipped are counted, never lost.
type SkipRule struct {
	Name string  `yaml:"name"`
	When Columns `yaml:"when"`
}

// SkipProblems reports what is wrong with rules, of which the first match wins; taken are names of rules that a reader has itself.
func SkipProblems(rules []SkipRule, taken []string, report Reporter) {
	names := map[string]bool{}
	for _, name := range taken {
		names[name] = true
	}
	for i, s := range rules {
		at := fmt.Sprintf("skip[%d]", i)
		if s.Name == "" || names[s.Name] {
			report(at+".name", "give a name of its own; %q is taken or empty", s.Name)
		}
		names[s.Name] = true
		if len(s.When) == 0 {
			report(at+".when", "an empty condition would skip every row")
		}
		s.When.Problems(at+".when", report)
	}
}
